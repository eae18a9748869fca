import Foundation

/// The working tree that the tidy tests read.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct File {
        /// Relative to the root, for messages.
        let path: String
        let text: String

        var name: String { path.split(separator: "/").last.map(String.init) ?? path }
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        /// The target whose folder holds the file: the name after `Sources/` or `Tests/`.
        var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
        var isInLibrary: Bool { path.hasPrefix("Sources/") && target != "terse" }

        /// The lines that hold `word`, comments left out, as `path:line`.
        func places(of word: String) -> [String] {
            lines.enumerated().compactMap { index, line in
                code(of: line).contains(word) ? "\(path):\(index + 1)" : nil
            }
        }

        private func code(of line: Substring) -> Substring {
            guard let comment = line.firstRange(of: "//") else { return line }
            return line[..<comment.lowerBound]
        }
    }

    /// The files under `folder` whose names end in one of `extensions`, ordered by path. Folders of fixtures are skipped.
    static func files(in folder: String, _ extensions: Set<String>) throws -> [File] {
        let base = root.appending(path: folder).standardizedFileURL
        let paths = try FileManager.default.subpathsOfDirectory(atPath: base.path)
        return try paths.sorted().compactMap { path in
            guard extensions.contains(URL(filePath: path).pathExtension), !path.contains("Fixtures/") else {
                return nil
            }
            return File(path: "\(folder)/\(path)", text: try text(of: "\(folder)/\(path)"))
        }
    }

    static func swiftFiles() throws -> [File] { try files(in: "Sources", ["swift"]) + files(in: "Tests", ["swift"]) }

    static func cFiles() throws -> [File] { try files(in: "Sources", ["c", "h"]) }

    static func text(of path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
    }
}
