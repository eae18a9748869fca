import Foundation
import TerseJSON
import TerseRegistry
import TerseTensor

/// The folder of tunings, a file for each model shape and kind of host, bounded in number: the oldest go first.
public struct TuningStore: Sendable {
    /// What was found for a model.
    public enum Finding: Sendable, Equatable {
        case none
        case usable(TuningRecord, path: String)
        /// One that was made with another build of the program, or on another host.
        case outdated(reason: String, path: String)
        /// A file that is no tuning.
        case damaged(reason: String, path: String)
    }

    /// Files that are kept.
    public static let filesMax = 64
    /// Bytes of a file that is read.
    public static let fileBytesMax = 1 << 20

    private let directory: URL

    /// - Parameter home: the program's directory.
    public init(home: URL) { directory = home.appending(path: "tuning", directoryHint: .isDirectory) }

    /// Names in files' names: the beginning of the SHA-256 of its text.
    static func key(of json: JSONValue) -> String {
        String(BlobHash.of(json.serialized().utf8).description.prefix(keyDigits))
    }

    private static let keyDigits = 16

    private func url(_ shape: ModelShape, _ host: TuningHost) -> URL {
        directory.appending(path: "\(shape.key)-\(host.key).json")
    }

    /// Looks for the tuning of a model on this host. Nothing is taken on trust: what is damaged, was made elsewhere or is out of
    /// range is not usable.
    /// - Parameters:
    ///   - host: looked at only where there is a tuning of the model's shape.
    ///   - reach: the processors that threads may run on.
    public func find(
        _ shape: ModelShape, on host: @autoclosure () -> TuningHost, by program: ProgramIdentity,
        reach: ProcessorList?
    ) -> Finding {
        let ofShape = names().filter { $0.hasPrefix("\(shape.key)-") && $0.hasSuffix(".json") }
        guard !ofShape.isEmpty else { return .none }
        let host = host()
        let url = url(shape, host)
        guard ofShape.contains(url.lastPathComponent) else { return elsewhere(ofShape) }
        do throws(ProfilingError) {
            let record = try TuningRecord(try Self.read(url.path), reach: reach)
            guard record.shape == shape, record.host == host else {
                return .damaged(reason: "it is of another model or host than its name says", path: url.path)
            }
            guard record.program == program else {
                let (then, now) = (record.program, program)
                return .outdated(
                    reason:
                        "the program has changed: it was terse \(then.version) of \(then.byteCount) bytes, changed at "
                        + "\(Self.text(then)), and is terse \(now.version) of \(now.byteCount) bytes, changed at "
                        + Self.text(now), path: url.path)
            }
            return .usable(record, path: url.path)
        } catch {
            return .damaged(reason: error.message, path: url.path)
        }
    }

    /// The newest tuning of the model on another host, which is of no use here but worth a word.
    private func elsewhere(_ others: [String]) -> Finding {
        let paths = others.map { directory.appending(path: $0).path }
        guard let newest = paths.max(by: { Self.changed($0) < Self.changed($1) }) else { return .none }
        let host = (try? Self.read(newest))?["host"].map { TuningHost(json: $0).text }
        return .outdated(reason: "the host is another: it was \(host ?? "one that is not known")", path: newest)
    }

    /// Makes the folder: who can keep nothing should know before measuring begins.
    /// - Throws: `ProfilingError` (`file`).
    public func prepare() throws(ProfilingError) {
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ProfilingError(.file, "\(directory.path): cannot make the folder: \(error.localizedDescription)")
        }
        guard access(directory.path, W_OK | X_OK) == 0 else {
            throw ProfilingError(.file, "\(directory.path): cannot write: \(String(cString: strerror(errno)))")
        }
    }

    /// Keeps a tuning in place of the one that was there: whoever reads meanwhile has the one or the other, whole.
    /// - Returns: where it is.
    /// - Throws: `ProfilingError` (`file`).
    @discardableResult
    public func save(_ record: TuningRecord) throws(ProfilingError) -> String {
        let url = url(record.shape, record.host)
        let new = directory.appending(path: "\(url.lastPathComponent).\(getpid())").path
        try prepare()
        do {
            try Data((record.json.serialized() + "\n").utf8).write(to: URL(filePath: new))
        } catch {
            throw ProfilingError(.file, "\(new): cannot write: \(error.localizedDescription)")
        }
        let descriptor = open(new, O_RDONLY)
        let isOnDisk = descriptor >= 0 && fsync(descriptor) == 0
        if descriptor >= 0 { close(descriptor) }
        guard isOnDisk, rename(new, url.path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(new)
            throw ProfilingError(.file, "\(url.path): cannot write: \(reason)")
        }
        removeOldest(but: url.lastPathComponent)
        return url.path
    }

    private func removeOldest(but name: String) {
        let paths = names().filter { $0 != name }.map { directory.appending(path: $0).path }
        let oldestFirst = paths.sorted { Self.changed($0) < Self.changed($1) }
        for path in oldestFirst.prefix(max(oldestFirst.count - (Self.filesMax - 1), 0)) { unlink(path) }
    }

    private func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? [] }

    private static func read(_ path: String) throws(ProfilingError) -> JSONValue {
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: fileBytesMax + 1)
        else { throw ProfilingError(.file, "cannot read it") }
        do {
            return try JSONValue.parse(
                Array(data), limits: JSONLimits(maximumDepth: 16, maximumBytes: fileBytesMax, duplicateKeys: .error))
        } catch {
            throw ProfilingError(.badTuning, "it is no JSON that is read here: \(error.description)")
        }
    }

    private static func changed(_ path: String) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
    }

    private static func text(_ program: ProgramIdentity) -> String {
        Timestamp.text(Date(timeIntervalSince1970: Double(program.changed) / 1e9))
    }
}
