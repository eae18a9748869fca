import Foundation
import TerseTensor

/// Files of text to learn from: plain text, a document each, and JSONL, a document for each line.
public struct TextCorpus: Sendable {
    /// One file, as it was when the corpus was opened.
    public struct File: Sendable, Equatable {
        public let path: String
        public let byteCount: Int
        /// Nanoseconds since 1970, modulo 2^64.
        public let modified: Int

        var isJSONL: Bool { path.lowercased().hasSuffix(".jsonl") }
    }

    /// Which file a path leads to.
    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64

        init(_ status: stat) { (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino)) }
    }

    /// In the order given; those of a directory by name.
    public let files: [File]
    private let identities: [Identity: String]

    /// The largest file, and the largest document of one.
    public static let fileBytesMax = 1 << 36
    public static let documentBytesMax = 1 << 30
    /// Files in a corpus, those of directories included.
    public static let filesMax = 1 << 20
    /// Files of a directory that are read; others must be named.
    public static let extensions: Set<String> = ["txt", "md", "text", "jsonl"]

    /// - Parameter paths: Files, and directories whose text files, at any depth, are meant; the log of a run is no text.
    /// - Throws: `TrainingError` (`system`, `data`) naming the path that does not exist, is empty or holds no text files.
    public init(_ paths: [String]) throws(TrainingError) {
        guard !paths.isEmpty else { throw TrainingError(.data, "no text files were given") }
        var files: [File] = []
        var identities: [Identity: String] = [:]
        for path in paths {
            for found in try Self.expand(path) {
                let (file, identity) = try Self.file(found)
                guard identities.updateValue(found, forKey: identity) == nil else { continue }
                files.append(file)
            }
            guard files.count <= Self.filesMax else {
                throw TrainingError(.limitExceeded, "\(path): more than \(Self.filesMax) files")
            }
        }
        self.files = files
        self.identities = identities
    }

    /// The path of a file that `other` has, too; nil when they share none.
    func firstShared(with other: TextCorpus) -> String? {
        identities.filter { other.identities[$0.key] != nil }.map(\.value).min()
    }

    /// Bytes of all files.
    public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

    private static func expand(_ path: String) throws(TrainingError) -> [String] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw TrainingError(.system, "\(path): \(String(cString: strerror(errno)).lowercased())")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        var (found, visited): ([String], Set<Identity>) = ([], [])
        try collect(path.hasSuffix("/") ? String(path.dropLast()) : path, Identity(status), &found, &visited)
        guard !found.isEmpty else {
            throw TrainingError(.data, "\(path): holds no files named .\(extensions.sorted().joined(separator: ", ."))")
        }
        return found.sorted()
    }

    /// Takes the text files of a folder and of those in it, also behind symbolic links. A folder that several paths lead
    /// to counts once, so links may lead in circles.
    private static func collect(
        _ folder: String, _ identity: Identity, _ found: inout [String], _ visited: inout Set<Identity>
    ) throws(TrainingError) {
        guard visited.insert(identity).inserted else { return }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "/" : folder) } catch {
            throw TrainingError(.system, "\(folder): cannot read: \(error.localizedDescription)")
        }
        for name in names.sorted() {
            let path = folder + "/" + name
            var status = stat()
            guard stat(path, &status) == 0 else {
                // Links may lead nowhere, or round and round.
                if errno == ENOENT || errno == ELOOP { continue }
                throw TrainingError(.system, "\(path): cannot read: \(String(cString: strerror(errno)))")
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try collect(path, Identity(status), &found, &visited)
            case S_IFREG where extensions.contains(URL(filePath: name).pathExtension.lowercased()):
                // A run may lie among its texts.
                if name != TrainingLog.name || !RunLock.wasTaken(folder) { found.append(path) }
            default: break
            }
            guard found.count <= filesMax else {
                throw TrainingError(.limitExceeded, "\(folder): more than \(filesMax) files")
            }
        }
    }

    private static func file(_ path: String) throws(TrainingError) -> (File, Identity) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw TrainingError(.system, "\(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw TrainingError(.system, "\(path): not a regular file") }
        guard status.st_size > 0 else { throw TrainingError(.data, "\(path): is empty") }
        guard status.st_size <= fileBytesMax else {
            throw TrainingError(.limitExceeded, "\(path): \(status.st_size) bytes, the limit is \(fileBytesMax)")
        }
        // Dates of any century: the number is only compared.
        let modified = Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec)
        return (
            File(path: path, byteCount: Int(status.st_size), modified: modified),
            Identity(status)
        )
    }

    /// What a document and its ids take beside its text.
    private static let documentOverhead = 256

    /// Reads all documents, in order, in batches that a team can share.
    ///
    /// - Parameters:
    ///   - batchBytes: A batch ends when it takes about as many bytes; a document is never cut.
    ///   - body: Takes the documents of a batch and the bytes of the corpus that were read so far. False ends the reading.
    /// - Throws: `TrainingError` (`data`) naming the file and place of bytes that are not UTF-8, a line that is not a
    ///   JSON object with a string "text", or a document without text; what `body` throws.
    func forEachBatch(
        batchBytes: Int = 64 << 20, _ body: ([Document], Int) throws(TrainingError) -> Bool
    ) throws(TrainingError) {
        var batch: [Document] = []
        var (pending, read) = (0, 0)
        for file in files {
            let mapped = try Self.map(file)
            var parts = DocumentReader(file: file, bytes: mapped.buffer)
            while let document = try parts.next() {
                pending += document.text.utf8.count + Self.documentOverhead
                batch.append(document)
                guard pending >= batchBytes else { continue }
                guard try body(batch, read + parts.position) else { return }
                (batch, pending) = ([], 0)
            }
            read += file.byteCount
        }
        if !batch.isEmpty { _ = try body(batch, read) }
    }

    private static func map(_ file: File) throws(TrainingError) -> MappedFile {
        let mapped: MappedFile
        do { mapped = try MappedFile(path: file.path) } catch { throw TrainingError(.system, error.message) }
        guard mapped.count == file.byteCount else {
            throw TrainingError(
                .data, "\(file.path): changed while it was read: \(file.byteCount) bytes before, \(mapped.count) now")
        }
        return mapped
    }
}
