import Crypto
import Foundation
import TerseJSON

/// What is known of a file on the server, kept beside what is on disk of it.
struct DownloadRecord: Equatable {
    /// What was asked for, as it may be shown: without the query, in which servers put signatures and tokens.
    private(set) var url: String
    /// Of the whole URL.
    private var urlSHA256: String
    /// The server's name for these very bytes, if it is a strong one.
    var etag: String?
    var lastModified: String?
    var size: Int64?
    /// Of a complete file.
    var sha256: String?
    /// The hub's commit that the file is from.
    var commit: String?

    init(
        url: URL, etag: String?, lastModified: String?, size: Int64?, sha256: String? = nil, commit: String? = nil
    ) {
        self.init(
            url: url.shown, urlSHA256: Self.hash(of: url), etag: etag, lastModified: lastModified, size: size,
            sha256: sha256, commit: commit)
    }

    private init(
        url: String, urlSHA256: String, etag: String?, lastModified: String?, size: Int64?, sha256: String?,
        commit: String?
    ) {
        self.url = url
        self.urlSHA256 = urlSHA256
        self.etag = etag
        self.lastModified = lastModified
        self.size = size
        self.sha256 = sha256
        self.commit = commit
    }

    /// Whether `url` was asked for, to the last letter.
    func isOf(_ url: URL) -> Bool { urlSHA256 == Self.hash(of: url) }

    private static func hash(of url: URL) -> String {
        var hasher = SHA256()
        hasher.update(data: Data(url.absoluteString.utf8))
        return hasher.hexadecimal
    }

    /// A longer file is no record.
    private static let maximumBytes = 1 << 16

    /// What to resume under, so that bytes of two versions are never joined (RFC 9110, 13.1.5).
    var validator: String? { etag ?? lastModified }

    /// - Returns: nil when there is no record or it is damaged: what it speaks of is then fetched anew.
    static func load(_ path: String) -> DownloadRecord? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard let data = try? handle.read(upToCount: maximumBytes + 1), data.count <= maximumBytes,
            let json = try? JSONValue.parse(data), let url = json["url"]?.stringValue,
            let urlSHA256 = json["url_sha256"]?.stringValue
        else { return nil }
        return DownloadRecord(
            url: url, urlSHA256: urlSHA256, etag: json["etag"]?.stringValue,
            lastModified: json["last_modified"]?.stringValue,
            size: json["size"]?.intValue.map(Int64.init), sha256: json["sha256"]?.stringValue,
            commit: json["commit"]?.stringValue)
    }

    /// Writes the record whole or not at all.
    func save(_ path: String) throws(HubError) {
        var object: JSONObject = ["url": .string(url), "url_sha256": .string(urlSHA256)]
        object["etag"] = etag.map { .string($0) }
        object["last_modified"] = lastModified.map { .string($0) }
        object["size"] = size.map { .integer($0) }
        object["sha256"] = sha256.map { .string($0) }
        object["commit"] = commit.map { .string($0) }
        do {
            try Data(JSONValue.object(object).serialized(pretty: true).utf8).write(
                to: URL(filePath: path), options: .atomic)
        } catch {
            throw HubError(.file, "\(path): cannot write: \(error.localizedDescription)")
        }
    }
}
