import HTTPTypes
import Hummingbird
import TerseJSON
import TerseRegistry

/// `/api/analysis`: the judgement of a model's latest rollout, for Argo Rollouts and Flagger.
///
/// Argo's web metric reads a value from JSON. Flagger asks by POST and takes 2xx for yes, all else for no
/// (https://docs.flagger.app/usage/webhooks).
struct AnalysisRoutes: Sendable {
    let registry: RegistryAccess

    /// Kinds of Flagger's webhooks, and by which verdicts each says yes.
    private static let gates: [String: Set<RolloutVerdict>] = [
        // Called at each step; no is counted, and enough of it rolls back.
        "rollout": [.passed, .inconclusive],
        "confirm-traffic-increase": [.passed, .inconclusive],
        "confirm-promotion": [.passed],
        // Yes rolls back.
        "rollback": [.failed],
    ]

    func add(to group: RouterGroup<ServerContext>) {
        group.get("/:model") { request, context in
            let (report, verdict) = try await judge(request, context)
            return Response(Self.json(report, verdict))
        }
        group.post("/:model/:gate") { request, context in
            let gate = try context.pathParameter("gate")
            guard let yes = Self.gates[gate] else {
                throw APIError(
                    .notFound, .invalidRequest,
                    "gate: expected \(Self.gates.keys.sorted().joined(separator: ", ")), found "
                        + "\(gate.prefix(APILimits.nameLengthMax))", parameter: "gate")
            }
            let (report, verdict) = try await judge(request, context)
            return Response(Self.json(report, verdict), status: yes.contains(verdict) ? .ok : .forbidden)
        }
    }

    /// What the model's latest rollout says; nothing, where that is of another candidate than is asked for.
    /// - Throws: `APIError` (404) for an unknown model or candidate, or a model that never had a rollout.
    private func judge(
        _ request: Request, _ context: ServerContext
    ) async throws -> (RolloutReport, RolloutVerdict) {
        let model = try context.pathParameter("model")
        let candidate = request.query("candidate")
        return try await registry.run { registry in
            guard let record = try registry.latestRollout(of: model) else {
                throw RegistryError(.notFound, "\(model) never had a rollout")
            }
            let report = try RolloutReport(record)
            let isMeant = try candidate.map { try registry.pinned(ModelReference($0)) == record.candidate } ?? true
            return (report, isMeant ? RolloutVerdict(report) : .inconclusive)
        }
    }

    private static func json(_ report: RolloutReport, _ verdict: RolloutVerdict) -> JSONValue {
        [
            "model": .string(report.record.model), "rollout": .integer(report.record.id),
            "candidate": .string(report.record.candidate.description), "verdict": .string(verdict.rawValue),
            "phase": .string(report.phase), "weight": .number(report.record.weight),
            "pairs": JSONValue(report.rollout.pairs),
            "criteria": .object(
                JSONObject(
                    report.rollout.judgements.map { judgement in
                        (judgement.criterion.metric.rawValue, .string(judgement.verdict.rawValue))
                    })),
        ]
    }
}
