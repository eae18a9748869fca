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

    /// What a worker says of its engine; nil when it gives no answer in time.
    func report(of slot: WorkerSlot) async -> HangWatch.Report? {
        guard let response = try? await send(slot, .GET, "/health", timeout: Self.figuresTimeout),
            let body = try? await response.body.collect(upTo: Self.answerBytesMax),
            let json = try? JSONValue(body: body), let steps = json["steps"]?.intValue,
            let isBusy = json["busy"]?.boolValue
        else { return nil }
        return HangWatch.Report(steps: steps, isBusy: isBusy)
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
