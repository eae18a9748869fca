import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

extension HTTPServerBuilder {
    /// HTTP/1.1 within limits of headers and patience.
    static func bounded(_ limits: ConnectionLimits) -> HTTPServerBuilder {
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionWatch(limits)], idleTimeout: TimeAmount(limits.idleTimeout),
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: ConnectionLimits.headerBytesMax,
                maxHeaderListSize: ConnectionLimits.headerBytesMax,
                maxHeaderFieldCount: ConnectionLimits.headerCountMax))
        return HTTPServerBuilder { responder in
            HTTP1Channel(
                responder: { (request, writer: consuming ResponseWriter, channel) in
                    if request.waitsToBeAsked {
                        try await writer.writeInformationalHead(HTTPResponse(status: .continue))
                    }
                    try await responder(request, writer, channel)
                }, configuration: configuration)
        }
    }
}

extension Request {
    /// Whether the client sends its body only when it is told to, or has waited for long (RFC 9110, 10.1.1). One that is
    /// too large is refused before.
    fileprivate var waitsToBeAsked: Bool {
        let hasBody = headers[.contentLength] != nil || headers[.transferEncoding] != nil
        return headers[.expect]?.lowercased() == "100-continue" && hasBody && !announcesTooMuch
    }
}
