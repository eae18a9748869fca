import Foundation
import HTTPTypes
import Hummingbird
import TerseJSON
import TerseRegistry

/// `/api/models`: the registry as `terse models` shows it, and what moves aliases.
struct ModelRoutes: Sendable {
    let registry: RegistryAccess
    let limits: ConnectionLimits

    func add(to group: RouterGroup<ServerContext>) {
        group.get("/") { request, _ in
            let wantsAll = request.query("removed") == "true"
            return try await registry.answer { registry in
                ["models": .array(try registry.models(removedToo: wantsAll).map(\.json))]
            }
        }
        group.get("/:name") { _, context in
            let name = try context.pathParameter("name")
            return try await registry.answer { registry in
                var object = try registry.model(name).json.objectValue ?? JSONObject()
                // Recipes and files of all would be much: a version of its own has them.
                object["versions"] = .array(try registry.versions(of: name).map(\.summary))
                return .object(object)
            }
        }
        group.get("/:name/versions/:version") { _, context in
            let (name, version) = (try context.pathParameter("name"), try context.pathParameter("version"))
            return try await registry.answer { try $0.version(ModelReference(name: name, version: version)).json }
        }
        group.get("/:name/history") { _, context in
            let name = try context.pathParameter("name")
            return try await registry.answer { ["history": .array(try $0.history(of: name).map(\.json))] }
        }
        group.get("/:name/profiles") { _, context in
            let name = try context.pathParameter("name")
            return try await registry.answer { ["profiles": .array(try $0.profiles(ofModel: name).map(\.json))] }
        }
        group.get("/:name/live") { request, context in try await live(request, context) }
        group.put("/:name/aliases/:alias") { request, context in try await setAlias(request, context) }
        group.delete("/:name/aliases/:alias") { request, context in
            try await move(try await fields(of: request), context) { registry, name, alias, by in
                try registry.clearAlias(alias, of: name, by: by)
            }
        }
        group.post("/:name/aliases/:alias/rollback") { request, context in
            try await move(try await fields(of: request), context) { registry, name, alias, by in
                try registry.rollback(name, alias: alias, by: by)
            }
        }
    }

    private func live(_ request: Request, _ context: ServerContext) async throws -> Response {
        let name = try context.pathParameter("name")
        let alias = request.query("alias") ?? RegistryName.production
        var date: Date?
        if let at = request.query("at") {
            guard let found = try? Date(at, strategy: .iso8601) else {
                throw APIError.invalid(
                    "at: expected a time such as 2026-11-24T14:05:00Z, found \(at.prefix(40))", parameter: "at")
            }
            date = found
        }
        return try await registry.answer { [date] registry in
            ["live": .array(try registry.live(at: date, alias: alias, model: name).map(\.json))]
        }
    }

    private func setAlias(_ request: Request, _ context: ServerContext) async throws -> Response {
        var fields = try await fields(of: request)
        guard let version = try fields.integer("version", in: 1...RegistryLimits.versionNumberMax) else {
            throw fields.missing("version")
        }
        let target = ModelReference(
            name: try context.pathParameter("name"), selector: .version(version),
            variant: try fields.string("variant"))
        return try await move(fields, context) { registry, _, alias, by in
            try registry.setAlias(alias, to: target, by: by)
        }
    }

    private func move(
        _ fields: FieldReader, _ context: ServerContext,
        _ body:
            @escaping @Sendable (_ registry: Registry, _ name: String, _ alias: String, Attribution) throws -> AliasMove
    ) async throws -> Response {
        var fields = fields
        let by = Attribution(author: context.author, reason: try fields.string("why"))
        try fields.refuseUnknown()
        let (name, alias) = (try context.pathParameter("name"), try context.pathParameter("alias"))
        return try await registry.answer { try body($0, name, alias, by).json }
    }

    private func fields(of request: Request) async throws -> FieldReader {
        try await request.fields(within: limits.bodyTimeout)
    }
}
