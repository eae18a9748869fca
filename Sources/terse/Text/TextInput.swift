import Foundation

/// Text that the user hands over: a file, or standard input.
enum TextInput {
    /// What a file name stands for to mean standard input.
    static let standardInput = "-"

    /// The whole text of a file, or of standard input where `path` is `-`.
    /// - Throws: `CommandError` naming the file when it cannot be read or is not UTF-8.
    static func read(_ path: String) throws -> String {
        let data: Data
        do {
            data =
                try path == standardInput
                ? FileHandle.standardInput.readToEnd() ?? Data() : readFile(path)
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError("\(name(of: path)): cannot read: \(SystemMessage.of(error))")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandError(
                "\(name(of: path)): expected UTF-8 text, found other bytes; convert it first (iconv -t UTF-8)")
        }
        return text
    }

    private static func readFile(_ path: String) throws -> Data {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CommandError("\(path): no such file")
        }
        guard !isDirectory.boolValue else { throw CommandError("\(path): expected a text file, found a directory") }
        // Pipes and devices too, which `Data(contentsOf:)` does not read.
        return try FileHandle(forReadingFrom: URL(filePath: path)).readToEnd() ?? Data()
    }

    /// What errors call it.
    static func name(of path: String) -> String { path == standardInput ? "standard input" : path.printable }
}
