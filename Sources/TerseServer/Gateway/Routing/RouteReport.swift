import Foundation
import TerseJSON
import TerseOperations

/// What `/api/routing` shows of a route.
struct RouteReport {
    let desk: RouteDesk

    /// - Parameter count: of the last decisions.
    func json(decisions count: Int) throws -> JSONValue {
        let (options, now) = (desk.options, desk.figures.now)
        let plan = options.plan
        let tenants = plan.tenantPolicies.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }
        return [
            "name": .string(desk.name), "policy": plan.policy.json,
            "tenant_policies": .object(JSONObject(tenants)),
            "rolls_back_on_drift": .bool(plan.rollsBackOnDrift), "variants": .array(try variants(options, now)),
            "decisions": JSONValue(Self.total(now)), "by_reason": byReason(now), "passes": JSONValue(now.passes),
            "escalations": JSONValue(now.escalations), "judgements": JSONValue(now.judgements),
            "ratings": JSONValue(now.ratings),
            "alarms": .array(
                try now.alarms.reversed().map { alarm in
                    var object = try JSONValue(encoding: alarm.alarm).objectValue ?? JSONObject()
                    (object["time"], object["text"]) = (.number(alarm.time), .string(alarm.alarm.description))
                    return .object(object)
                }),
            "recent": .array(try desk.recentDecisions(count).map { try JSONValue(encoding: $0) }),
        ]
    }

    private static func total(_ now: RouteFigures.State) -> Int {
        now.decisions.values.reduce(0) { $0 + $1.values.reduce(0, +) }
    }

    private func variants(_ options: RouteOptions, _ now: RouteFigures.State) throws -> [JSONValue] {
        let corrections = desk.corrections
        let total = max(1, Self.total(now))
        return try options.plan.profiles.enumerated().map { index, profile in
            let chosen = now.decisions[profile.name]?.values.reduce(0, +) ?? 0
            return [
                "name": .string(profile.name), "registered": .string(options.variants[index].description),
                "profile": try JSONValue(encoding: profile), "correction": try JSONValue(encoding: corrections[index]),
                "situation": Self.json(of: desk.endpoints[index].live.situation),
                "decisions": JSONValue(chosen), "share": .number(Double(chosen) / Double(total)),
                "answers": JSONValue(now.answers[profile.name] ?? 0),
            ]
        }
    }

    private static func json(of situation: VariantSituation) -> JSONValue {
        // What nobody said yet has no bound.
        func bound(_ value: Int) -> JSONValue { value == .max ? .null : JSONValue(value) }
        return [
            "ready": .bool(situation.isReady), "running": JSONValue(situation.running),
            "waiting": JSONValue(situation.waiting), "waiting_max": bound(situation.waitingMax),
            "waiting_tokens": JSONValue(situation.waitingTokens), "free_kv_tokens": bound(situation.freeKVTokens),
        ]
    }

    private func byReason(_ now: RouteFigures.State) -> JSONValue {
        let total = max(1, Self.total(now))
        let members = RoutingReason.allCases.map { reason -> (String, JSONValue) in
            let count = now.decisions.values.reduce(0) { $0 + ($1[reason] ?? 0) }
            return (
                reason.rawValue, ["decisions": JSONValue(count), "share": .number(Double(count) / Double(total))]
            )
        }
        return .object(JSONObject(members))
    }
}

extension JSONValue {
    /// - Throws: `EncodingError`.
    fileprivate init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        self = try JSONValue.parse(encoder.encode(value))
    }
}

extension RoutingPolicy {
    /// As configuration files spell it.
    fileprivate var json: JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
        let rule: JSONObject? = cascade.map { cascade in
            switch cascade.rule {
            case .gain: ["rule": "gain", "probe_tokens": JSONValue(cascade.probeTokens)]
            case .share(let share):
                ["rule": "share", "share": .number(share), "probe_tokens": JSONValue(cascade.probeTokens)]
            }
        }
        return [
            "weights": [
                "quality": .number(tradeOff.quality), "time": .number(tradeOff.time),
                "energy": .number(tradeOff.energy), "cost": .number(tradeOff.cost),
            ],
            "limits": [
                "quality_loss_max": number(limits.qualityLossMax),
                "time_to_first_token_max": number(limits.objectives.timeToFirstToken),
                "time_per_output_token_max": number(limits.objectives.timePerOutputToken),
                "joules_max": number(limits.joulesMax), "cost_max": number(limits.costMax),
            ],
            "cascade": rule.map { .object($0) } ?? .null, "exploration_share": .number(explorationShare),
        ]
    }
}
