import AsyncHTTPClient
import Foundation
import NIOCore
import NIOSSL

/// Fetches model files into the home directory: `models/` holds them, by repository or host.
///
/// A download that breaks off, by whatever cause, goes on where it stopped the next time. Bytes of two versions of a file
/// are never joined (`If-Range`), sizes are compared with what the server says, and the SHA-256 with the one asked for or,
/// for files of the hub, with the one that the hub has. A file appears under its name only when it is whole. Several
/// processes may fetch the same file: one downloads, the others wait for it.
public struct Downloader: Sendable {
    public let home: URL
    public let configuration: DownloadConfiguration

    /// - Parameter home: The directory that holds the program's state; made when it is not there.
    public init(home: URL, configuration: DownloadConfiguration = DownloadConfiguration()) {
        self.home = home
        self.configuration = configuration
    }

    /// Where a source's file is, or will be, unless another place is asked for.
    public func destination(of source: FileSource) -> URL {
        source.localPath.reduce(home.appending(path: "models", directoryHint: .isDirectory)) {
            $0.appending(path: $1, directoryHint: .notDirectory)
        }
    }

    /// Fetches a file unless it is there already.
    ///
    /// Cancelling the task stops the download; what has come is kept.
    ///
    /// - Parameters:
    ///   - source: What to fetch.
    ///   - place: Where to; nil: below the home directory. A file that is there is replaced when it is another one.
    ///   - sha256: What the file's SHA-256 must be, in hexadecimal digits.
    ///   - progress: Is told about ten times a second, from any thread.
    /// - Throws: `HubError`, with the file, the server and both sides of a mismatch.
    public func fetch(
        _ source: FileSource, to place: URL? = nil, sha256: String? = nil,
        progress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
    ) async throws(HubError) -> DownloadedFile {
        let expected = sha256?.lowercased()
        if let expected, !expected.isSHA256 {
            throw HubError(
                .hashMismatch, "expected a SHA-256 of 64 hexadecimal digits, found \"\(expected.prefix(80))\"")
        }
        var options = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: configuration.connectTimeout.amount, read: configuration.idleTimeout.amount),
            decompression: .disabled)
        if let path = configuration.certificateFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(path)
            options.tlsConfiguration = tls
        }
        options.httpVersion = .http1Only
        options.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: options)
        let download = Download(
            source: source, destination: place ?? destination(of: source), expectedSHA256: expected,
            configuration: configuration, client: client, progress: progress)
        let result: Result<DownloadedFile, HubError>
        do throws(HubError) {
            result = .success(try await download.run())
        } catch {
            result = .failure(error)
        }
        // Nothing is left to be lost: what fails here is a connection that is being closed anyway.
        try? await client.shutdown()
        return try result.get()
    }
}

extension Duration {
    fileprivate var amount: TimeAmount {
        .nanoseconds(components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000)
    }
}
