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
        addModels(to: group)
        addAliases(to: group)
        addVersions(to: group)
        MLflowArtifacts(registry: registry).add(to: group)
    }

    private func addModels(to group: RouterGroup<ServerContext>) {
        group.get("/mlflow/registered-models/search") { request, _ in
            let search = try MLflowSearch(request)
            return try await answer { registry in
                let (models, next) = search.page(of: try registry.models().filter { search.filter.matches($0.name) })
                let found = try models.map { $0.mlflow(try Self.newestVersion(of: $0, registry)) }
                return ["registered_models": .array(found), "next_page_token": .string(next)]
            }
        }
        group.get("/mlflow/registered-models/get") { request, _ in
            var fields = try await fields(of: request)
            let name = try fields.requiredString("name")
            return try await answer { registry in
                let model = try registry.model(name)
                return ["registered_model": model.mlflow(try Self.newestVersion(of: model, registry))]
            }
        }
        for method in [HTTPRequest.Method.get, .post] {
            group.on("/mlflow/registered-models/get-latest-versions", method: method) { request, _ in
                var fields = try await fields(of: request)
                let name = try fields.requiredString("name")
                return try await answer { registry in
                    let model = try registry.model(name)
                    let newest = try Self.newestVersion(of: model, registry).map { $0.mlflow(model.aliases) }
                    return ["model_versions": .array(newest.map { [$0] } ?? [])]
                }
            }
        }
    }

    private func addAliases(to group: RouterGroup<ServerContext>) {
        group.get("/mlflow/registered-models/alias") { request, _ in
            var fields = try await fields(of: request)
            let (name, alias) = (try fields.requiredString("name"), try fields.requiredString("alias"))
            let reference = ModelReference(name: name, selector: .alias(alias))
            return try await answer { ["model_version": try Self.version(reference, $0)] }
        }
        group.post("/mlflow/registered-models/alias") { request, context in
            var fields = try await fields(of: request)
            let (name, version) = (try fields.requiredString("name"), try fields.requiredString("version"))
            let (alias, by) = (try fields.requiredString("alias"), Self.attribution(context))
            return try await answer { registry in
                try registry.setAlias(alias, to: ModelReference(name: name, version: version), by: by)
                return [:]
            }
        }
        group.delete("/mlflow/registered-models/alias") { request, context in
            var fields = try await fields(of: request)
            let (name, alias) = (try fields.requiredString("name"), try fields.requiredString("alias"))
            let by = Self.attribution(context)
            return try await answer { registry in
                try registry.clearAlias(alias, of: name, by: by)
                return [:]
            }
        }
    }

    private func addVersions(to group: RouterGroup<ServerContext>) {
        group.get("/mlflow/model-versions/search") { request, _ in
            let search = try MLflowSearch(request)
            return try await answer { registry in
                let all = try registry.models().filter { search.filter.mayMatch($0.name) }.flatMap { model in
                    try registry.versions(of: model.name).reversed()
                        .filter { !$0.kept.isEmpty && search.filter.matches($0.model, tags: $0.mlflowTags) }
                        .map { (version: $0, aliases: model.aliases) }
                }
                let (versions, next) = search.page(of: all)
                let found = versions.map { $0.version.mlflow($0.aliases) }
                return ["model_versions": .array(found), "next_page_token": .string(next)]
            }
        }
        group.get("/mlflow/model-versions/get") { request, _ in
            var fields = try await fields(of: request)
            let (name, version) = (try fields.requiredString("name"), try fields.requiredString("version"))
            return try await answer { registry in
                ["model_version": try Self.version(ModelReference(name: name, version: version), registry)]
            }
        }
        group.get("/mlflow/model-versions/get-download-uri") { request, _ in
            var fields = try await fields(of: request)
            let (name, version) = (try fields.requiredString("name"), try fields.requiredString("version"))
            return try await answer { registry in
                let found = try registry.version(ModelReference(name: name, version: version))
                return ["artifact_uri": .string(found.artifactURI)]
            }
        }
    }

    /// Members of the query, or of the body.
    private func fields(of request: Request) async throws -> FieldReader {
        guard request.method == .get else {
            return try FieldReader(JSONValue(body: try await request.bytes(within: limits.bodyTimeout)))
        }
        var object = JSONObject()
        for (name, value) in request.query { object[name] = .string(value) }
        return FieldReader(object)
    }

    private func answer(_ body: @escaping @Sendable (Registry) throws -> JSONValue) async throws -> Response {
        Response(try await registry.run(body))
    }

    private static func attribution(_ context: ServerContext) -> Attribution {
        Attribution(author: context.author, reason: "through MLflow's interface")
    }

    private static func version(_ reference: ModelReference, _ registry: Registry) throws -> JSONValue {
        try registry.version(reference).mlflow(try registry.aliases(of: reference.name))
    }

    private static func newestVersion(of model: ModelSummary, _ registry: Registry) throws -> ModelVersion? {
        try model.newestVersion.map { number in
            try registry.version(ModelReference(name: model.name, selector: .version(number)))
        }
    }
}
