import Hummingbird
import Logging
import NIOCore

/// What is known of a request besides what it says.
struct ServerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection that it came on.
    let channel: any Channel
    /// Names the request in logs and in the response.
    var requestID = ""
    var trace = TraceContext()
    /// Who sent it.
    var client = Gatekeeper.Client(name: "", tenant: 0, priority: 0)
    /// The hash of the key that it came with; empty: none.
    var keyHash: [UInt8] = []

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Logs members of a body that are ignored.
    func tell(unknown members: [String]) {
        guard !members.isEmpty else { return }
        logger.debug("unknown fields ignored", metadata: ["fields": "\(members)"])
    }

    /// The watch of its connection.
    func connectionWatch() async throws -> ConnectionWatch {
        try await channel.pipeline.handler(type: ConnectionWatch.self).get()
    }
}
