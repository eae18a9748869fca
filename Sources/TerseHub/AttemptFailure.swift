import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// Why one attempt failed.
struct AttemptFailure: Error, Equatable {
    let error: HubError
    /// Whether it may go better another time.
    var isTransient: Bool
    /// How long the server asks to be left alone.
    var retryAfter: Duration?

    init(_ code: HubError.Code, _ message: String, isTransient: Bool = false, retryAfter: Duration? = nil) {
        error = HubError(code, message)
        self.isTransient = isTransient
        self.retryAfter = retryAfter
    }

    /// What a client's error means.
    init(_ error: any Error, url: URL) {
        let place = url.shown
        switch error {
        case _ where Task.isCancelled || error is CancellationError:
            self.init(.cancelled, "\(place): cancelled")
        case let error as HTTPClientError where Self.timeouts.contains(error):
            let kind = error.shortDescription.lowercased()
            self.init(.timeout, "\(place): no answer in time (\(kind))", isTransient: true)
        case let error as HTTPClientError:
            self.init(.network, "\(place): \(error.shortDescription.lowercased())", isTransient: true)
        case let error as NIOConnectionError:
            self.init(.network, "\(place): cannot connect: \(Self.reason(error))", isTransient: true)
        case let error as IOError:
            self.init(.network, "\(place): \(String(cString: strerror(error.errnoCode)))", isTransient: true)
        case let error where Self.isTLSVerdict(error):
            self.init(.network, "\(place): \(Self.tlsReason(error))")
        default:
            self.init(.network, "\(place): \(error)", isTransient: true)
        }
    }

    private static let timeouts: [HTTPClientError] = [
        .connectTimeout, .readTimeout, .writeTimeout, .tlsHandshakeTimeout, .deadlineExceeded,
    ]

    private static func reason(_ error: NIOConnectionError) -> String {
        guard let first = error.connectionErrors.first?.error else {
            return "the name \(error.host) has no address"
        }
        return (first as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(first)"
    }

    /// A certificate that does not hold is no better a second later; a connection that is cut may be.
    private static func isTLSVerdict(_ error: any Error) -> Bool {
        switch error {
        case NIOSSLError.handshakeFailed(.sslError(let stack)): !stack.contains(.eofDuringHandshake)
        case NIOSSLError.noCertificateToValidate, NIOSSLError.unableToValidateCertificate: true
        case is NIOSSLExtraError: true
        default: false
        }
    }

    private static func tlsReason(_ error: any Error) -> String {
        let text = "\(error)"
        let isDistrust = ["CERTIFICATE_VERIFY_FAILED", "alidate"].contains { text.contains($0) }
        return isDistrust
            ? "the server's certificate is not trusted; on Debian the package ca-certificates holds the authorities"
            : "no TLS connection can be made: \(text)"
    }
}
