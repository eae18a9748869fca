import Hummingbird
import HummingbirdCore
import NIOCore

extension HTTPServerBuilder {
    /// HTTP/1.1 within limits of headers and patience.
    static func bounded(_ limits: ConnectionLimits) -> HTTPServerBuilder {
        .http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionWatch(slowClientTimeout: TimeAmount(limits.slowClientTimeout))],
                idleTimeout: TimeAmount(limits.idleTimeout),
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: ConnectionLimits.headerBytesMax,
                    maxHeaderListSize: ConnectionLimits.headerBytesMax,
                    maxHeaderFieldCount: ConnectionLimits.headerCountMax)))
    }
}
