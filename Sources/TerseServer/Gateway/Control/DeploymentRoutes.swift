import Hummingbird
import TerseConfiguration
import TerseJSON
import TerseOperations
import TerseRegistry

/// `/api/deployments`: deployments as `terse deploy` shows them, begun and withdrawn.
struct DeploymentRoutes: Sendable {
    let registry: RegistryAccess
    let limits: ConnectionLimits
    let processes: DeploymentProcesses

    func add(to group: RouterGroup<ServerContext>) {
        group.get("/") { request, _ in
            let (model, running) = (request.query("model"), request.query("running") == "true")
            let limit = try request.limit
            return try await registry.answer { registry in
                let records = try registry.deployments(of: model, runningOnly: running, latest: limit)
                return ["deployments": .array(records.map(\.json))]
            }
        }
        group.get("/:id") { _, context in
            let id = try context.pathID()
            return try await registry.answer { try $0.deployment(id).json }
        }
        group.post("/") { request, context in try await begin(request, context) }
        group.post("/:id/withdraw") { request, context in
            let id = try context.pathID()
            var fields = try await request.fields(within: limits.bodyTimeout)
            let by = Attribution(author: context.author, reason: try fields.string("why"))
            try fields.refuseUnknown()
            let answer = try await registry.answer { try $0.record(.withdrawn, ofDeployment: id, by: by).json }
            processes.end(id)
            return answer
        }
    }

    /// `{"spec": {…}, "why": "…"}`, the spec an object or a text in YAML. Another process carries it out: the answer says that it
    /// has begun.
    private func begin(_ request: Request, _ context: ServerContext) async throws -> Response {
        var fields = try await request.fields(within: limits.bodyTimeout)
        guard let value = fields.value("spec") else { throw fields.missing("spec") }
        let why = try fields.string("why")
        try fields.refuseUnknown()
        // What is JSON is YAML.
        let text = value.stringValue ?? value.serialized()
        let spec: DeploymentSpec
        do {
            spec = try DeploymentSpec(ConfigurationFile.parse(text, source: "spec"))
        } catch { throw APIError.invalid("\(error)", parameter: "spec") }
        for name in spec.quality.files where !name.hasPrefix("/") {
            throw APIError.invalid(
                "spec: quality: expected whole paths of files on the server, found \(name.prefix(APILimits.nameLengthMax))",
                parameter: "spec")
        }
        let by = Attribution(author: context.author, reason: why ?? spec.why)
        let record = try await registry.run { registry in
            try registry.beginDeployment(of: ModelReference(spec.candidate), spec: text, source: nil, by: by)
        }
        processes.resume(record.id, of: record.model, by: by.author, logger: context.logger)
        return Response(record.json, status: .accepted)
    }
}
