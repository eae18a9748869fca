import HTTPTypes
import Hummingbird
import TerseJSON
import TerseRegistry

/// A part of MLflow's REST registry, so that its clients list models, fetch their files and move aliases:
/// `/api/2.0/mlflow/registered-models` and `/model-versions`, and the files under `/api/2.0/mlflow-artifacts`.
///
/// Its model versions are the registry's; that an alias points to a variant of one it does not know: setting one points to
/// the version's first.
struct MLflowRoutes: Sendable {
    let registry: RegistryAccess
    let limits: ConnectionLimits

    func add(to group: RouterGroup<ServerContext>) {
        group.get("/mlflow/registered-models/search") { request, _ in try await searchModels(request) }
        group.get("/mlflow/registered-models/get") { request, _ in
            try await answer(try await query(request)) { registry, fields in
                ["registered_model": try Self.registeredModel(try fields.requiredString("name"), registry)]
            }
        }
        for method in [HTTPRequest.Method.get, .post] {
            group.on("/mlflow/registered-models/get-latest-versions", method: method) { request, _ in
                try await answer(try await query(request)) { registry, fields in
                    let summary = try registry.model(try fields.requiredString("name"))
                    return ["model_versions": .array(try Self.newest(summary, registry).map { [$0] } ?? [])]
                }
            }
        }
        group.get("/mlflow/registered-models/alias") { request, _ in
            try await answer(try await query(request)) { registry, fields in
                let (name, alias) = (try fields.requiredString("name"), try fields.requiredString("alias"))
                return ["model_version": try Self.version(.init(name: name, selector: .alias(alias)), registry)]
            }
        }
        group.post("/mlflow/registered-models/alias") { request, context in
            let by = Attribution(author: context.author, reason: "through MLflow's interface")
            return try await answer(try await query(request)) { registry, fields in
                let reference = try Self.reference(&fields)
                try registry.setAlias(try fields.requiredString("alias"), to: reference, by: by)
                return [:]
            }
        }
        group.delete("/mlflow/registered-models/alias") { request, context in
            let by = Attribution(author: context.author, reason: "through MLflow's interface")
            return try await answer(try await query(request)) { registry, fields in
                let name = try fields.requiredString("name")
                try registry.clearAlias(try fields.requiredString("alias"), of: name, by: by)
                return [:]
            }
        }
        addVersions(to: group)
        MLflowArtifacts(registry: registry).add(to: group)
    }

    private func addVersions(to group: RouterGroup<ServerContext>) {
        group.get("/mlflow/model-versions/search") { request, _ in try await searchVersions(request) }
        group.get("/mlflow/model-versions/get") { request, _ in
            try await answer(try await query(request)) { registry, fields in
                ["model_version": try Self.version(try Self.reference(&fields), registry)]
            }
        }
        group.get("/mlflow/model-versions/get-download-uri") { request, _ in
            try await answer(try await query(request)) { registry, fields in
                ["artifact_uri": .string(try registry.version(try Self.reference(&fields)).artifactURI)]
            }
        }
    }

    private func searchModels(_ request: Request) async throws -> Response {
        try await search(request) { registry, search in
            let (models, next) = search.page(of: try registry.models().filter { search.filter.matches($0.name) })
            let found = try models.map { try Self.registeredModel($0.name, registry) }
            return ["registered_models": .array(found), "next_page_token": .string(next)]
        }
    }

    private func searchVersions(_ request: Request) async throws -> Response {
        try await search(request) { registry, search in
            let all = try registry.models().flatMap { model in
                try registry.versions(of: model.name).reversed()
                    .filter { !$0.kept.isEmpty && search.filter.matches($0.model, tags: $0.mlflowTags) }
                    .map { $0.mlflow(model.aliases) }
            }
            let (versions, next) = search.page(of: all)
            return ["model_versions": .array(versions), "next_page_token": .string(next)]
        }
    }

    private func search(
        _ request: Request, _ body: @escaping @Sendable (Registry, MLflowSearch) throws -> JSONValue
    ) async throws -> Response {
        try await Self.answer {
            let search = try MLflowSearch(request)
            return Response(try await registry.run { try body($0, search) })
        }
    }

    /// Members of the query, or of the body.
    private func query(_ request: Request) async throws -> FieldReader {
        var object = JSONObject()
        if request.method == .get {
            for (name, value) in request.query { object[name] = .string(value) }
            return FieldReader(object)
        }
        return try FieldReader(JSONValue(body: try await request.bytes(within: limits.bodyTimeout)))
    }

    private func answer(
        _ fields: @autoclosure () async throws -> FieldReader,
        _ body: @escaping @Sendable (Registry, inout FieldReader) throws -> JSONValue
    ) async throws -> Response {
        try await Self.answer {
            let fields = try await fields()
            let json = try await registry.run { registry in
                var fields = fields
                return try body(registry, &fields)
            }
            return Response(json)
        }
    }

    /// The response, or what MLflow's clients understand of the error.
    static func answer(_ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch let error as MLflowError {
            return error.response
        } catch let error as RegistryError {
            return MLflowError(APIError(error)).response
        } catch let error as APIError {
            return MLflowError(error).response
        }
    }

    private static func reference(_ fields: inout FieldReader) throws -> ModelReference {
        let name = try fields.requiredString("name")
        // Clients send it as a text.
        let version = try fields.requiredString("version")
        return try ModelReference("\(name):\(version)")
    }

    private static func version(_ reference: ModelReference, _ registry: Registry) throws -> JSONValue {
        try registry.version(reference).mlflow(try registry.aliases(of: reference.name))
    }

    private static func registeredModel(_ name: String, _ registry: Registry) throws -> JSONValue {
        let summary = try registry.model(name)
        let newest = try summary.newestVersion.map { number in
            try registry.version(ModelReference(name: name, selector: .version(number)))
        }
        return summary.mlflow(newest)
    }

    private static func newest(_ summary: ModelSummary, _ registry: Registry) throws -> JSONValue? {
        try summary.newestVersion.map { number in
            try version(ModelReference(name: summary.name, selector: .version(number)), registry)
        }
    }
}
