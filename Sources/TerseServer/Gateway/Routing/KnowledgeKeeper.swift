import Foundation
import Logging
import ServiceLifecycle
import TerseOperations

/// Keeps what routes have learned in files, so that a server that is started again goes on with it.
struct KnowledgeKeeper: Service {
    let desks: [RouteDesk]
    let home: URL
    let logger: Logger

    /// Between two times that it is saved.
    static let interval = Duration.seconds(60)

    func run() async throws {
        var saved = desks.map(\.saved)
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            for (index, desk) in desks.enumerated() {
                let now = desk.saved
                guard now != saved[index] else { continue }
                saved[index] = now
                save(now, of: desk)
            }
        }
    }

    private func save(_ knowledge: SavedKnowledge, of desk: RouteDesk) {
        let url = SavedKnowledge.url(of: desk.name, in: home)
        do {
            try knowledge.write(url)
        } catch {
            logger.error(
                "what a route has learned was not saved",
                metadata: ["route": "\(desk.name)", "file": "\(url.path)", "error": "\(error)"])
        }
    }

    /// A router that goes on with what was saved; one that begins with the profiles where nothing was, or nothing of use.
    /// - Throws: `ServerError` for a plan that is wrong.
    static func router(
        _ options: RouteOptions, home: URL?, logger: Logger
    ) throws(ServerError) -> TerseOperations.Router {
        if let url = home.map({ SavedKnowledge.url(of: options.name, in: $0) }) {
            do {
                if let knowledge = try SavedKnowledge.read(url, for: options) {
                    let router = try TerseOperations.Router(options.plan, knowledge: knowledge)
                    logger.info("a route goes on with what it had learned", metadata: ["route": "\(options.name)"])
                    return router
                }
            } catch {
                logger.warning(
                    "what a route had learned is not used: it does not fit",
                    metadata: ["route": "\(options.name)", "file": "\(url.path)", "error": "\(error)"])
            }
        }
        do { return try TerseOperations.Router(options.plan) } catch {
            throw ServerError("route \(options.name): \(error)")
        }
    }
}
