import Foundation
import TerseJSON
import TerseOperations
import TerseRegistry

/// What others watch and scale a deployment by: alerting rules of Prometheus from the spec's limits, a dashboard of Grafana,
/// a scaled object of KEDA.
struct DeploymentFiles {
    let model: String
    let spec: DeploymentSpec
    /// What one replica generated under the load.
    let tokensPerSecond: Double

    private static let alertMinutes = 5

    /// Writes them, each at once.
    /// - Returns: their paths.
    /// - Throws: `CommandError` naming the file.
    func write(in folder: URL) throws -> [String] {
        let files = [
            ("alerts.yaml", alerts), ("dashboard.json", dashboard.serialized() + "\n"), ("scaling.yaml", scaling),
        ]
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            return try files.map { name, text in
                let file = folder.appending(path: name)
                try Data(text.utf8).write(to: file, options: .atomic)
                return file.path
            }
        } catch { throw CommandError("\(folder.path): \(error.localizedDescription)") }
    }

    // MARK: Alerts

    /// A quantity's series, and what its limit is multiplied by.
    private static let watched: [RequirementQuantity: (series: String, scale: Double)] = [
        .timeToFirstToken: ("vllm:time_to_first_token_seconds", 0.001),
        .timePerOutputToken: ("vllm:inter_token_latency_seconds", 0.001),
    ]

    private var alerts: String {
        let limits = spec.requirements.compactMap { requirement -> String? in
            guard let (series, scale) = Self.watched[requirement.quantity], let percentile = requirement.percentile
            else { return nil }
            let share = Double(percentile) / 100
            let rate = "sum by (le) (rate(\(series)_bucket{\(selector)}[\(Self.alertMinutes)m]))"
            return rule(
                requirement.name.map { $0 == "." ? "_" : "\($0)" }.joined(),
                "histogram_quantile(\(share), \(rate)) > \(requirement.limit * scale)",
                "\(requirement.name) of \(model) is above \(requirement.limit)")
        }
        let always = [
            // A gateway that is gone has no series, which is not 0.
            rule(
                "not_ready", "terse_worker_ready{\(selector)} == 0 or absent(terse_worker_ready{\(selector)})",
                "\(model) accepts no requests"),
            rule(
                "nonfinite_logits", "increase(terse_nonfinite_logits_total{\(selector)}[\(Self.alertMinutes)m]) > 0",
                "\(model) computes logits that are no numbers"),
            rule(
                "refused", "increase(terse_refused_total{\(selector)}[\(Self.alertMinutes)m]) > 0",
                "\(model) refuses requests, since too many wait"),
        ]
        return "groups:\n  - name: \(quoted("terse " + model))\n    rules:\n" + (limits + always).joined()
    }

    private var selector: String { "model_name=\(quoted(model))" }

    private func rule(_ name: String, _ expression: String, _ summary: String) -> String {
        """
              - alert: \(quoted(name))
                expr: \(quoted(expression))
                for: \(Self.alertMinutes)m
                labels: {model: \(quoted(model))}
                annotations: {summary: \(quoted(summary))}

        """
    }

    /// As JSON has it, which is YAML, and what PromQL takes in double quotes.
    private func quoted(_ text: String) -> String { JSONValue.string(text).serialized() }

    // MARK: Dashboard

    private var dashboard: JSONValue {
        let minutes = "[\(Self.alertMinutes)m]"
        func quantile(_ share: Double, _ series: String) -> String {
            "histogram_quantile(\(share), sum by (le) (rate(\(series)_bucket{\(selector)}\(minutes))))"
        }
        let panels: [(String, String, [String])] = [
            ("Tokens generated a second", "none", ["sum(rate(vllm:generation_tokens_total{\(selector)}\(minutes)))"]),
            (
                "Requests", "none",
                ["sum(vllm:num_requests_running{\(selector)})", "sum(vllm:num_requests_waiting{\(selector)})"]
            ),
            (
                "Time to first token", "s",
                [0.5, 0.95, 0.99].map { quantile($0, "vllm:time_to_first_token_seconds") }
            ),
            (
                "Time per output token", "s",
                [0.5, 0.95, 0.99].map { quantile($0, "vllm:inter_token_latency_seconds") }
            ),
            ("KV cache in use", "percentunit", ["vllm:kv_cache_usage_perc{\(selector)}"]),
            ("Candidate's share", "percentunit", ["terse_rollout_weight{\(selector)}"]),
        ]
        return [
            "title": .string("terse: \(model)"), "uid": .string(uid), "schemaVersion": 39,
            "refresh": "10s", "time": ["from": "now-1h", "to": "now"],
            "panels": .array(
                panels.enumerated().map { index, panel in Self.panel(index, panel.0, unit: panel.1, panel.2) }),
        ]
    }

    /// Grafana takes 40 characters.
    private var uid: String { "terse-" + BlobHash.of(model.utf8).description.prefix(16) }

    private static func panel(_ index: Int, _ title: String, unit: String, _ expressions: [String]) -> JSONValue {
        let (width, height) = (12, 8)
        return [
            "id": JSONValue(index + 1), "type": "timeseries", "title": .string(title),
            "gridPos": [
                "x": JSONValue(index % 2 * width), "y": JSONValue(index / 2 * height), "w": JSONValue(width),
                "h": JSONValue(height),
            ],
            "fieldConfig": ["defaults": ["unit": .string(unit), "min": 0], "overrides": []],
            "targets": .array(
                expressions.enumerated().map { number, expression in
                    ["refId": .string(String(UnicodeScalar(UInt8(65 + number)))), "expr": .string(expression)]
                }),
        ]
    }

    // MARK: Scaling

    /// So many replicas that each generates the share of what the load came to that the policy states.
    private var scaling: String {
        let (policy, threshold) = (spec.scaling, Quantity.figures(tokensPerSecond * spec.scaling.utilisation))
        let name = model.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? "\($0)" : "-" }.joined()
        return """
            apiVersion: keda.sh/v1alpha1
            kind: ScaledObject
            metadata:
              name: \(quoted("terse-" + name))
            spec:
              scaleTargetRef:
                name: \(quoted("terse-" + name))
              minReplicaCount: \(policy.replicasMin)
              maxReplicaCount: \(policy.replicasMax)
              triggers:
                - type: prometheus
                  metadata:
                    serverAddress: "http://prometheus.monitoring:9090"
                    query: \(quoted("sum(rate(vllm:generation_tokens_total{\(selector)}[1m]))"))
                    threshold: \(quoted(threshold))

            """
    }
}
