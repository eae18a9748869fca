import Foundation
import Hummingbird
import NIOPosix
import Synchronization
import TerseJSON
import TerseRegistry

/// The registry as a server uses it: opened when it is first needed, since it may come to be while the server runs, and
/// on threads that may wait, since the disk and other processes make it wait.
final class RegistryAccess: Sendable {
    private let home: URL
    private let opened = Mutex<Registry?>(nil)

    init(home: URL) { self.home = home }

    /// - Throws: what `body` throws, a `RegistryError` as `APIError`; 404 where there is no registry.
    func run<Value: Sendable>(_ body: @escaping @Sendable (Registry) throws -> Value) async throws -> Value {
        do { return try await use(body) } catch let error as RegistryError { throw APIError(error) }
    }

    /// What `body` makes, as a response.
    /// - Throws: as `run`.
    func answer(_ body: @escaping @Sendable (Registry) throws -> JSONValue) async throws -> Response {
        Response(try await run(body))
    }

    /// - Throws: what `body` throws; `RegistryError` (`notFound`) where there is no registry.
    func use<Value: Sendable>(_ body: @escaping @Sendable (Registry) throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive { [self] in try body(try open()) }
    }

    private func open() throws -> Registry {
        try opened.withLock { opened in
            if let opened {
                // SQLite cannot take up another file under the same name beside the one that it has.
                try opened.checkPlace()
                return opened
            }
            guard Registry.exists(in: home) else {
                throw RegistryError(.notFound, "there is no registry in \(home.path); `terse models add` makes one")
            }
            let registry = try Registry(home: home)
            opened = registry
            return registry
        }
    }
}
