import Foundation
import TerseJSON

/// The log of a run: a file with a JSON object on each line, appended to while the run goes on.
final class TrainingLog {
    /// What the file is called in a run's folder.
    static let name = "log.jsonl"

    let path: String
    /// All entries, those of earlier parts of the run included.
    private(set) var entries: [TrainingLogEntry]
    private let file: FileHandle

    /// A longer log is not read.
    static let bytesMax = 1 << 30

    /// Opens the log at `path`, or makes it. What it says of steps after `step` is taken out: a run that resumes from a
    /// checkpoint takes them again. A last line that a kill cut short is, too.
    /// - Throws: `TrainingError` naming the file and the line that is no entry.
    init(path: String, resumingAfter step: Int) throws(TrainingError) {
        self.path = path
        entries = try Self.read(path).filter { $0.step <= step }
        let text = entries.map { $0.json.serialized() + "\n" }.joined()
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
            file = try FileHandle(forWritingTo: URL(filePath: path))
            try file.seekToEnd()
        } catch {
            throw TrainingError(.system, "\(path): cannot write: \(error.localizedDescription)")
        }
    }

    deinit { try? file.close() }

    /// Appends a line.
    /// - Throws: `TrainingError` (`system`) when the disk is full or fails.
    func append(_ entry: TrainingLogEntry) throws(TrainingError) {
        entries.append(entry)
        do {
            try file.write(contentsOf: Data((entry.json.serialized() + "\n").utf8))
        } catch {
            throw TrainingError(.system, "\(path): cannot write: \(error.localizedDescription)")
        }
    }

    /// The entries of the log at `path`; none where there is no file.
    static func read(_ path: String) throws(TrainingError) -> [TrainingLogEntry] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let data: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            data = try file.read(upToCount: bytesMax + 1) ?? Data()
        } catch {
            throw TrainingError(.system, "\(path): cannot read: \(error.localizedDescription)")
        }
        guard data.count <= bytesMax else {
            throw TrainingError(.limitExceeded, "\(path): larger than the limit of \(bytesMax) bytes")
        }
        var entries: [TrainingLogEntry] = []
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            guard let json = try? JSONValue.parse(Array(line)), let entry = TrainingLogEntry(json) else {
                if index == lines.count - 1 { break }
                throw TrainingError(.mismatch, "\(path):\(index + 1): is no entry of a training log")
            }
            entries.append(entry)
        }
        return entries
    }
}
