import Foundation
import Testing

/// Sizes, names and whitespace of the source files.
@Suite struct ShapeTests {
    /// A file longer than this owns too much, unless `outliers` says why not.
    static let longestFile = 450

    /// Longer files, with the number of lines that each may have. Shrink them; do not add to them.
    static let outliers: [String: Int] = [:]

    @Test func filesAreShort() throws {
        for file in try Repository.swiftFiles() + Repository.cFiles() {
            let limit = Self.outliers[file.path] ?? Self.longestFile
            #expect(file.lines.count - 1 <= limit, "\(file.path) has \(file.lines.count - 1) lines, limit \(limit)")
        }
    }

    @Test func outliersStillExistAndAreLong() throws {
        for (path, _) in Self.outliers {
            let lines =
                (try? Repository.text(of: path))?.split(separator: "\n", omittingEmptySubsequences: false).count ?? 0
            #expect(lines > Self.longestFile, "\(path) is no outlier any more: take it off the list")
        }
    }

    /// Such a file has no owner.
    @Test(arguments: ["Utils", "Utilities", "Helpers", "Helper", "Common", "Manager", "Misc"])
    func noFileWithoutAnOwner(word: String) throws {
        for file in try Repository.swiftFiles() + Repository.cFiles() {
            let stem = file.name.split(separator: ".").first.map(String.init) ?? ""
            let ownerless = stem.hasSuffix(word) || stem.hasSuffix("+\(word)") || stem.lowercased() == word.lowercased()
            #expect(!ownerless, "\(file.path): name the file after what it owns")
        }
    }

    @Test func whitespaceIsClean() throws {
        for file in try Repository.swiftFiles() + Repository.cFiles() {
            let bytes = Array(file.text.utf8)
            #expect(!bytes.contains(UInt8(ascii: "\t")), "\(file.path): a tab")
            #expect(!bytes.contains(UInt8(ascii: "\r")), "\(file.path): a carriage return")
            for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .enumerated()
            where line.last == UInt8(ascii: " ") {
                Issue.record("\(file.path):\(index + 1): trailing whitespace")
            }
            #expect(file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n"), "\(file.path) ends in one newline")
        }
    }

    @Test func cLinesFitTheScreen() throws {
        for file in try Repository.cFiles() {
            for (index, line) in file.lines.enumerated() where line.utf8.count > 120 && line.count > 120 {
                Issue.record("\(file.path):\(index + 1): \(line.count) columns, limit 120")
            }
        }
    }

    @Test func nothingIsLeftForLater() throws {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
        for file in try Repository.swiftFiles() + Repository.cFiles() {
            for mark in marks { #expect(!file.text.contains(mark), "\(file.path) says \(mark)") }
        }
    }

    /// The versions of packages are resolved anew on each machine, within the manifest's bounds.
    @Test func resolvedVersionsAreNotCommitted() throws {
        #expect(try Repository.text(of: ".gitignore").split(separator: "\n").contains("Package.resolved"))
    }
}
