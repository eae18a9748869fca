import Foundation
import TestSupport

@testable import TerseHub

/// A home directory of its own, and downloads into it that try again at once.
struct Place {
    /// SHA-256 of the bytes below, by sha256sum.
    static let sha256 = "9e3b94791518aed853829ea7fff37763aea7053e3c6bdab695c93082fddb4152"
    /// They differ everywhere, so that a wrong join shows.
    static let bytes: [UInt8] = (0..<1_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    /// The hash of something else.
    static let otherSHA256 = String(repeating: "b", count: 64)

    let folder: TemporaryFolder
    var configuration = DownloadConfiguration()

    init() throws {
        folder = try TemporaryFolder()
        configuration.firstDelay = .milliseconds(1)
        configuration.maximumDelay = .milliseconds(5)
        // A busy machine is no silent server.
        configuration.connectTimeout = .seconds(600)
        configuration.idleTimeout = .seconds(600)
    }

    /// The same place with a server as the hub.
    func hub(at server: FileServer) -> Place {
        var place = self
        place.configuration.endpoint = URL(string: server.url(""))!
        return place
    }

    func fetch(
        _ text: String, to output: URL? = nil, sha256: String? = nil,
        progress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
    ) async throws(HubError) -> DownloadedFile {
        let source = try FileSource(text, endpoint: configuration.endpoint)
        return try await Downloader(home: folder.url, configuration: configuration)
            .fetch(source, to: output, sha256: sha256, progress: progress)
    }

    func failure(_ text: String, to output: URL? = nil, sha256: String? = nil) async -> HubError? {
        do throws(HubError) {
            _ = try await fetch(text, to: output, sha256: sha256)
            return nil
        } catch {
            return error
        }
    }

    /// What unfinished downloads have left.
    var leftovers: [String] {
        paths.filter { path in [".part", ".part.json", ".lock"].contains { path.hasSuffix($0) } }
    }

    /// Bytes of the one file that is on its way; 0 when there is none.
    var partBytes: Int { Place.partBytes(in: folder) }

    private static func partBytes(in folder: TemporaryFolder) -> Int {
        guard let path = paths(in: folder).first(where: { $0.hasSuffix(".part") }) else { return 0 }
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder.path(path))
        return (attributes?[.size] as? Int) ?? 0
    }

    /// An answer that breaks off after so many bytes, when these are on disk.
    func cutting(_ answer: FileServer.Answer, after bytes: Int, of request: FileServer.Request) -> FileServer.Answer {
        var answer = answer
        let whole = (answer.status == 206 ? request.rangeStart ?? 0 : 0) + bytes
        answer.cutAfter = bytes
        answer.cutsWhen = { [folder] in Place.partBytes(in: folder) >= whole }
        return answer
    }

    /// Whether a file of the place has `text` in it.
    func contains(_ text: String) throws -> Bool {
        try paths.contains { path in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder.path(path), isDirectory: &isFolder)
            return try !isFolder.boolValue
                && Data(contentsOf: URL(filePath: folder.path(path))).range(of: Data(text.utf8)) != nil
        }
    }

    private var paths: [String] { Place.paths(in: folder) }

    private static func paths(in folder: TemporaryFolder) -> [String] {
        (try? FileManager.default.subpathsOfDirectory(atPath: folder.url.path)) ?? []
    }
}
