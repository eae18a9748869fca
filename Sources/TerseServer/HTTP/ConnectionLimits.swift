/// How a worker, or a gateway, deals with connections.
public struct ConnectionLimits: Sendable, Equatable {
    /// Connections at once; more wait to be accepted.
    public var connectionsMax = 4096
    /// What a connection without a request, or with half of one, is kept for.
    public var idleTimeout = Duration.seconds(60)
    /// What a body may take to come.
    public var bodyTimeout = Duration.seconds(60)
    /// How long a client may take nothing of what it is sent.
    public var slowClientTimeout = Duration.seconds(30)
    /// The longest that a request may take.
    public var requestTimeout = Duration.seconds(3600)
    /// How long requests under way may take when the server is to end.
    public var drainTimeout = Duration.seconds(30)

    /// Until whatever is still under way is cut when the server is to end: those whose time was over have been told so.
    public var shutdownTimeout: Duration { drainTimeout + Self.endTimeout }

    /// What requests may take to end when they are told that their time is over.
    private static let endTimeout = Duration.seconds(5)

    /// Connections of a gateway to each worker: those for its clients, and its own, by which it asks how the worker is.
    static let workerConnectionsMax = ConnectionLimits().connectionsMax + 64

    public static let headerBytesMax = 32 << 10
    public static let headerCountMax = 128

    public init() {}
}
