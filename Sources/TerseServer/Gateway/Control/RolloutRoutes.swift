import Hummingbird
import TerseJSON
import TerseOperations
import TerseRegistry

/// `/api/rollouts`: rollouts as `terse rollout` shows them, and what people decide of them.
struct RolloutRoutes: Sendable {
    let registry: RegistryAccess
    let limits: ConnectionLimits

    private static let decisions: [(String, RolloutRecord.Event.Kind)] = [
        ("pause", .paused), ("resume", .resumed), ("promote", .promoted), ("abort", .aborted),
    ]

    func add(to group: RouterGroup<ServerContext>) {
        group.get("/") { request, _ in
            let (model, running) = (request.query("model"), request.query("running") == "true")
            let limit = try request.limit
            return try await registry.answer { registry in
                let records = try registry.rollouts(of: model, runningOnly: running, latest: limit)
                return ["rollouts": .array(try records.map { try RolloutReport($0).json })]
            }
        }
        group.get("/:id") { _, context in
            let id = try context.pathID()
            return try await registry.answer { try RolloutReport($0.rollout(id)).json }
        }
        group.post("/") { request, context in try await begin(request, context) }
        for (name, kind) in Self.decisions {
            group.post("/:id/\(name)") { request, context in
                let id = try context.pathID()
                var fields = try await request.fields(within: limits.bodyTimeout)
                let by = Attribution(author: context.author, reason: try fields.string("why"))
                try fields.refuseUnknown()
                return try await registry.answer { try RolloutReport($0.record(kind, ofRollout: id, by: by)).json }
            }
        }
    }

    /// `{"candidate": "NAME:2/q8_0", "plan": {…}, "why": "…"}`.
    private func begin(_ request: Request, _ context: ServerContext) async throws -> Response {
        var fields = try await request.fields(within: limits.bodyTimeout)
        let text = try fields.requiredString("candidate")
        let by = Attribution(author: context.author, reason: try fields.string("why"))
        let object = try fields.object("plan")
        try fields.refuseUnknown()
        let plan: RolloutPlan
        do { plan = try object.map { try RolloutPlan($0) } ?? RolloutPlan() } catch {
            throw APIError.invalid("\(error)", parameter: "plan")
        }
        return try await registry.answer { registry in
            try RolloutReport.begin(plan, of: ModelReference(text), in: registry, by: by).json
        }
    }
}
