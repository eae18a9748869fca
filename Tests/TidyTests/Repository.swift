import Foundation
import Testing

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

    /// Files and folders of the working tree that are not built, relative to the root.
    static func paths() throws -> [String] {
        let top = try FileManager.default.contentsOfDirectory(atPath: root.path)
        let kept = top.filter { !$0.hasPrefix(".build") && ![".git", ".swiftpm", "Package.resolved"].contains($0) }
        let paths = kept.sorted().flatMap { name in
            let inner = (try? FileManager.default.subpathsOfDirectory(atPath: root.appending(path: name).path)) ?? []
            return inner.isEmpty ? [name] : inner.sorted().map { "\(name)/\($0)" }
        }
        try #require(paths.count > 200, "the working tree has hardly any files")
        return paths.filter { !$0.contains("__pycache__") }
    }

    /// Everything that people read: sources, scripts, documents.
    static func textFiles() throws -> [File] {
        let extensions: Set = ["swift", "c", "h", "md", "py", "sh", "yml", "yaml", ""]
        let found = try paths().compactMap { path -> File? in
            let url = root.appending(path: path)
            guard extensions.contains(url.pathExtension), let data = try? Data(contentsOf: url) else { return nil }
            return File(path: path, text: String(decoding: data, as: UTF8.self))
        }
        try #require(found.contains { $0.path == "README.md" } && found.contains { $0.path == "test" })
        return found
    }

    /// The files under `folder` whose names end in one of `extensions`, ordered by path. Folders of fixtures are skipped.
    static func files(in folder: String, _ extensions: Set<String>) throws -> [File] {
        let base = root.appending(path: folder).standardizedFileURL
        let paths = try FileManager.default.subpathsOfDirectory(atPath: base.path)
        let found: [File] = try paths.sorted().compactMap { path in
            guard extensions.contains(URL(filePath: path).pathExtension), !path.contains("Fixtures/") else {
                return nil
            }
            return File(path: "\(folder)/\(path)", text: try text(of: "\(folder)/\(path)"))
        }
        // Rules about no files would hold.
        try #require(found.count > 10, "\(folder) has hardly any files in \(extensions)")
        return found
    }

    static func swiftFiles() throws -> [File] { try files(in: "Sources", ["swift"]) + files(in: "Tests", ["swift"]) }

    static func cFiles() throws -> [File] { try files(in: "Sources", ["c", "h"]) }

    static func text(of path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
    }
}
