import Foundation
import Hummingbird
import TerseJSON
import TerseRegistry

/// The files of versions as MLflow's artifact server has them: `NAME/VERSION/VARIANT/FILE`.
struct MLflowArtifacts: Sendable {
    let registry: RegistryAccess
    private let files = FileIO()

    init(registry: RegistryAccess) { self.registry = registry }

    func add(to group: RouterGroup<ServerContext>) {
        group.get("/mlflow-artifacts/artifacts") { request, _ in
            let path = (request.query("path") ?? "").split(separator: "/").map(String.init)
            return Response(["files": .array(try await registry.run { try Self.list(path, $0) })])
        }
        group.get("/mlflow-artifacts/artifacts/**") { _, context in
            let path = try context.pathRest()
            let place = try await registry.run { try Self.file(path, $0) }
            return Response(
                status: .ok, headers: [.contentType: "application/octet-stream"],
                body: try await files.loadFile(path: place, context: context))
        }
    }

    /// What lies in a folder: variants, or a variant's files.
    private static func list(_ path: [String], _ registry: Registry) throws -> [JSONValue] {
        guard path.count >= 2 else { throw notThere(path) }
        let version = try registry.version(ModelReference(name: path[0], version: path[1]))
        guard path.count > 2 else {
            return version.kept.map { ["path": .string($0.name), "is_dir": true] }
        }
        guard let variant = version.kept.first(where: { $0.name == path[2] }) else { throw notThere(path) }
        let folder = path.dropFirst(3).map { $0 + "/" }.joined()
        var seen: Set<Substring> = []
        return variant.files.compactMap { file -> JSONValue? in
            guard file.path.hasPrefix(folder) else { return nil }
            let rest = file.path.dropFirst(folder.count)
            let name = rest.prefix { $0 != "/" }
            guard seen.insert(name).inserted else { return nil }
            let isFolder = name.count < rest.count
            return isFolder
                ? ["path": .string(String(name)), "is_dir": true]
                : ["path": .string(String(name)), "is_dir": false, "file_size": .integer(file.byteCount)]
        }
    }

    /// Where a variant's file is, having made sure that it is what was registered.
    private static func file(_ path: [String], _ registry: Registry) throws -> String {
        guard path.count > 3 else { throw notThere(path) }
        let reference = try ModelReference(name: path[0], version: path[1], variant: path[2])
        let name = path.dropFirst(3).joined(separator: "/")
        guard let place = try registry.locate(name, of: reference) else { throw notThere(path) }
        return place
    }

    private static func notThere(_ path: [String]) -> RegistryError {
        RegistryError(.notFound, "there is no file or folder \(path.joined(separator: "/").debugDescription)")
    }
}
