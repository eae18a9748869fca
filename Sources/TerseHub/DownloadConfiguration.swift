import Foundation
import NIOSSL

/// How downloads go about it. Start from the defaults or the environment and change what must be.
public struct DownloadConfiguration: Sendable {
    /// The Hugging Face hub, or a mirror of it.
    public var endpoint = publicEndpoint
    /// Sent to the endpoint, and to no other host.
    public var token: String?
    /// Certificates of the authorities to trust (PEM); nil: the system's.
    public var certificateFile: String?
    /// For a connection to be made.
    public var connectTimeout = Duration.seconds(15)
    /// The longest silence within an answer.
    public var idleTimeout = Duration.seconds(60)
    /// Attempts one after the other that bring nothing, before giving up.
    public var maximumFruitlessAttempts = 6
    /// All attempts, for servers that bring a byte each time.
    public var maximumAttempts = 1000
    /// Before the second attempt; doubled before each one after it.
    public var firstDelay = Duration.seconds(1)
    public var maximumDelay = Duration.seconds(60)
    /// A server that asks for more patience than this is not waited for.
    public var maximumRetryAfter = Duration.seconds(600)
    public var maximumRedirects = 10
    /// Left free on the disk.
    public var spareBytes: Int64 = 64 << 20
    /// How often, in bytes, the disk is looked at while a body of unknown length comes in.
    var spaceCheckBytes: Int64 = 64 << 20
    /// Free bytes of the file system that holds a folder, nil when that cannot be told.
    var freeBytes: @Sendable (String) -> Int64? = { path in
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }

    public init() {}

    public static let publicEndpoint = URL(string: "https://huggingface.co")!

    /// The defaults with what `HF_ENDPOINT`, `HF_TOKEN` and `SSL_CERT_FILE` say.
    /// - Throws: `HubError` (`badSource`) when the endpoint is no plain URL or the token no token, `file` when the
    ///   certificates cannot be read. The message never holds the token.
    public init(environment: [String: String]) throws(HubError) {
        self.init()
        if let text = environment["HF_ENDPOINT"], !text.isEmpty {
            guard let url = URL(string: text), url.scheme == "https" || url.scheme == "http", url.host() != nil,
                url.user == nil, url.password == nil, url.query == nil, url.fragment == nil
            else {
                throw HubError(.badSource, "HF_ENDPOINT: expected a URL as https://HOST, found another text")
            }
            endpoint = url
        }
        if let token = environment["HF_TOKEN"]?.trimmingCharacters(in: .whitespacesAndNewlines), !token.isEmpty {
            guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw HubError(.badSource, "HF_TOKEN: expected a token, found characters that none has")
            }
            self.token = token
        }
        if let path = environment["SSL_CERT_FILE"], !path.isEmpty {
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
                throw HubError(.file, "SSL_CERT_FILE: \(path): expected certificates in PEM, found no such file")
            }
            certificateFile = path
        }
    }
}
