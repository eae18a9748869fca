import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import TerseJSON

/// Speaks to workers over their Unix sockets.
struct WorkerClient: Sendable {
    let client: HTTPClient
    let timeout: Duration

    /// Bytes of an answer that is not streamed.
    static let answerBytesMax = 64 << 20
    /// What a worker may take to tell of itself.
    static let figuresTimeout = Duration.seconds(2)

    init(timeout: Duration) {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = ConnectionLimits.workerConnectionsMax
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.timeout = timeout
    }

    /// Sends a request and returns when the head of the answer is there.
    func send(
        _ slot: WorkerSlot, _ method: HTTPMethod, _ path: String, body: JSONValue? = nil, trace: TraceContext? = nil,
        requestID: String? = nil, timeout: Duration? = nil
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: Self.url(slot.socket, path))
        request.method = method
        if let trace { request.headers.add(name: "traceparent", value: trace.header) }
        if let state = trace?.state { request.headers.add(name: "tracestate", value: state) }
        if let requestID { request.headers.add(name: "x-request-id", value: requestID) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body.serialized()))
        }
        return try await client.execute(request, timeout: TimeAmount(timeout ?? self.timeout))
    }

    /// What a worker tells of itself.
    /// - Throws: what the connection throws; `HTTPClientError` when it is not told in time.
    func figures(of slot: WorkerSlot, _ path: String) async throws -> ByteBuffer {
        try await Deadline.race(Self.figuresTimeout, orThrow: HTTPClientError.deadlineExceeded) {
            let response = try await send(slot, .GET, path, timeout: Self.figuresTimeout)
            return try await response.body.collect(upTo: Self.answerBytesMax)
        }
    }

    /// What a worker says of its model, as `/v1/models` has it.
    func models(of slot: WorkerSlot) async throws -> [JSONValue] {
        try JSONValue(body: try await figures(of: slot, "/v1/models"))["data"]?.arrayValue ?? []
    }

    /// How a worker is; nil when it does not say so in time.
    func health(of slot: WorkerSlot) async -> WorkerHealth? {
        guard let body = try? await figures(of: slot, WorkerHealth.path), let json = try? JSONValue(body: body) else {
            return nil
        }
        return WorkerHealth(json)
    }

    /// `http+unix://` with the socket's path as the host.
    private static func url(_ socket: String, _ path: String) -> String {
        var host = ""
        for byte in socket.utf8 {
            host += byte.isLetterOrDigit ? String(Unicode.Scalar(byte)) : "%" + Hexadecimal.text([byte])
        }
        return "http+unix://\(host)\(path)"
    }
}
