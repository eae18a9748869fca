import Foundation
import HTTPTypes
import Hummingbird
import TerseJSON
import TerseRegistry

/// `/api/models`: the registry as `terse models` shows it, and what moves aliases.
///
/// - `GET /api/models`, `/api/models/NAME`, `/api/models/NAME/versions/N`, `/api/models/NAME/history`,
///   `/api/models/NAME/profiles`
/// - `GET /api/models/NAME/live?alias=A&at=TIME`: what an alias pointed to, now or then
/// - `PUT` and `DELETE /api/models/NAME/aliases/A`, `POST /api/models/NAME/aliases/A/rollback`
struct ModelRoutes: Sendable {
    let registry: RegistryAccess
    let limits: ConnectionLimits

    func add(to group: RouterGroup<ServerContext>) {
        group.get("/") { request, _ in
            let wantsAll = request.query("removed") == "true"
            return try await answer { registry in
                ["models": .array(try registry.models(removedToo: wantsAll).map(\.json))]
            }
        }
        group.get("/:name") { _, context in
            let name = try Self.parameter("name", context)
            return try await answer { registry in
                var object = try registry.model(name).json.objectValue ?? JSONObject()
                object["versions"] = .array(try registry.versions(of: name).map(\.json))
                return .object(object)
            }
        }
        group.get("/:name/versions/:version") { _, context in
            let reference = try Self.reference(try Self.parameter("version", context), context)
            return try await answer { try $0.version(reference).json }
        }
        group.get("/:name/history") { _, context in
            let name = try Self.parameter("name", context)
            return try await answer { ["history": .array(try $0.history(of: name).map(\.json))] }
        }
        group.get("/:name/profiles") { _, context in
            let name = try Self.parameter("name", context)
            return try await answer { ["profiles": .array(try $0.profiles(ofModel: name).map(\.json))] }
        }
        group.get("/:name/live") { request, context in try await live(request, context) }
        group.put("/:name/aliases/:alias") { request, context in try await setAlias(request, context) }
        group.delete("/:name/aliases/:alias") { request, context in
            try await move(request, context) { registry, name, alias, by in
                try registry.clearAlias(alias, of: name, by: by)
            }
        }
        group.post("/:name/aliases/:alias/rollback") { request, context in
            try await move(request, context) { registry, name, alias, by in
                try registry.rollback(name, alias: alias, by: by)
            }
        }
    }

    private func live(_ request: Request, _ context: ServerContext) async throws -> Response {
        let name = try Self.parameter("name", context)
        let alias = request.query("alias") ?? RegistryName.production
        var date: Date?
        if let at = request.query("at") {
            let text = at.replacing(" ", with: "+")  // Of a zone, written as it is.
            guard let found = try? Date(text, strategy: .iso8601) else {
                throw APIError.invalid(
                    "at: expected a time such as 2026-11-24T14:05:00Z, found \(text.prefix(40))", parameter: "at")
            }
            date = found
        }
        return try await answer { [date] registry in
            ["live": .array(try registry.live(at: date, alias: alias, model: name).map(\.json))]
        }
    }

    private func setAlias(_ request: Request, _ context: ServerContext) async throws -> Response {
        var fields = try await fields(of: request)
        guard let version = try fields.integer("version", in: 1...RegistryLimits.versionNumberMax) else {
            throw fields.missing("version")
        }
        let target = ModelReference(
            name: try Self.parameter("name", context), selector: .version(version),
            variant: try fields.string("variant"))
        return try await move(fields, context) { registry, _, alias, by in
            try registry.setAlias(alias, to: target, by: by)
        }
    }

    private typealias Move =
        @Sendable (_ registry: Registry, _ name: String, _ alias: String, Attribution) throws -> AliasMove

    private func move(_ request: Request, _ context: ServerContext, _ body: @escaping Move) async throws -> Response {
        try await move(try await fields(of: request), context, body)
    }

    private func move(_ fields: FieldReader, _ context: ServerContext, _ body: @escaping Move) async throws -> Response
    {
        var fields = fields
        let by = Attribution(author: context.author, reason: try fields.string("why"))
        if let unknown = fields.unknown.first {
            throw APIError.invalid("\(unknown): there is no such member", parameter: unknown)
        }
        let (name, alias) = (try Self.parameter("name", context), try Self.parameter("alias", context))
        return try await answer { try body($0, name, alias, by).json }
    }

    /// The members of a body, which may be missing.
    private func fields(of request: Request) async throws -> FieldReader {
        let bytes = try await request.bytes(within: limits.bodyTimeout)
        return bytes.readableBytes == 0 ? FieldReader(JSONObject()) : try FieldReader(JSONValue(body: bytes))
    }

    private func answer(_ body: @escaping @Sendable (Registry) throws -> JSONValue) async throws -> Response {
        do { return Response(try await registry.run(body)) } catch let error as RegistryError { throw APIError(error) }
    }

    private static func parameter(_ name: String, _ context: ServerContext) throws(APIError) -> String {
        let text = context.parameters.get(name) ?? ""
        guard let decoded = text.removingPercentEncoding else {
            throw .invalid(
                "\(name): \(text.prefix(APILimits.nameLengthMax)) is no percent-encoded text", parameter: name)
        }
        return decoded
    }

    private static func reference(_ version: String, _ context: ServerContext) throws -> ModelReference {
        do { return try ModelReference("\(try parameter("name", context)):\(version)") } catch let error
            as RegistryError
        {
            throw APIError(error)
        }
    }
}

extension ServerContext {
    /// Who changes the registry, as it is recorded: the key's name.
    var author: String { client.name.isEmpty ? "api" : client.name }
}
