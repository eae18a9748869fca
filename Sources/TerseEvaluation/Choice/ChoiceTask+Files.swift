import Foundation

extension ChoiceTask {
    /// A file's text, decompressed if its name ends in `.bz2`.
    static func text(_ path: String) throws(EvaluationError) -> String {
        try InputFile.check(path)
        let data: Data
        do {
            data = path.hasSuffix(".bz2") ? try decompressed(path) : try Data(contentsOf: URL(fileURLWithPath: path))
        } catch let error as EvaluationError {
            throw error
        } catch {
            throw EvaluationError(.system, "\(path): cannot read: \(error.localizedDescription)")
        }
        guard data.count <= fileBytesMax else {
            throw EvaluationError(.badData, "\(path): expected at most \(fileBytesMax) bytes, found \(data.count)")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// What the program `bzip2` makes of a file.
    private static func decompressed(_ path: String) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["bzip2", "-dc", "--", path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        switch (process.terminationReason, process.terminationStatus) {
        case (.exit, 0): return data
        case (.exit, 2):
            throw EvaluationError(.badData, "\(path): expected data compressed by bzip2, found other or damaged bytes")
        case (.exit, 127):
            throw EvaluationError(
                .system, "\(path): the program bzip2 was not found; install it or decompress the file")
        default: throw EvaluationError(.system, "\(path): bzip2 failed (\(process.terminationStatus))")
        }
    }
}
