import Foundation
import NIOSSL

/// A certificate and its key, in PEM files.
public struct TLSFiles: Sendable, Equatable {
    public let certificate: String
    public let key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// TLS 1.2 or later.
    /// - Throws: `ServerError` naming the file.
    func configuration() throws(ServerError) -> TLSConfiguration {
        for path in [certificate, key] where access(path, R_OK) != 0 {
            throw ServerError("\(path): cannot be read: \(String(cString: strerror(errno)))")
        }
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificate) } catch {
            throw ServerError("\(certificate): no certificate in PEM: \(error)")
        }
        let privateKey: NIOSSLPrivateKey
        do { privateKey = try NIOSSLPrivateKey(file: key, format: .pem) } catch {
            throw ServerError("\(key): no private key in PEM: \(error)")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }
}
