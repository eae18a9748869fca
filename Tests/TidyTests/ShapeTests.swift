import Foundation
import Testing

/// Sizes, names and whitespace of the source files.
@Suite struct ShapeTests {
    /// A file longer than this owns too much.
    static let longestFile = 350
    /// A longer function does not fit a screen.
    static let longestFunction = 50

    @Test func filesAreShort() throws {
        for file in try Repository.swiftFiles() + Repository.cFiles() {
            let count = file.lines.count - 1
            #expect(count <= Self.longestFile, "\(file.path) has \(count) lines, limit \(Self.longestFile)")
        }
    }

    @Test func functionsFitAScreen() throws {
        var found = 0
        for file in try Repository.swiftFiles() + Repository.cFiles() {
            for function in file.functions {
                found += 1
                #expect(
                    function.lineCount <= Self.longestFunction,
                    "\(file.path):\(function.line) has \(function.lineCount) lines, limit \(Self.longestFunction)")
            }
        }
        #expect(found > 1000)
    }

    /// Such a file, or type, has no owner.
    @Test func nothingIsWithoutAnOwner() throws {
        let words = ["Util", "Utils", "Utilities", "Helper", "Helpers", "Common", "Manager", "Misc"]
        for path in try Repository.paths() {
            for part in path.split(separator: "/").last?.split(whereSeparator: { ".+-_".contains($0) }) ?? [] {
                let isOwnerless = words.contains { part.hasSuffix($0) || part == $0.lowercased() }
                #expect(!isOwnerless, "\(path): name the file after what it owns")
            }
        }
        let kinds = ["class ", "struct ", "enum ", "actor ", "protocol "]
        for file in try Repository.swiftFiles() {
            for line in file.lines where kinds.contains(where: { line.contains($0) }) {
                let names = line.split { !$0.isLetter }
                let isOwnerless = words.contains { word in names.contains { $0.hasSuffix(word) } }
                #expect(!isOwnerless, "\(file.path): \(line): name the type after what it owns")
            }
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

    /// Where things lie on the machine that something was written on is of no use to anybody else.
    @Test func theRepositoryKnowsNothingAroundIt() throws {
        let data = "../" + "shared"
        let mayNameData: Set = ["Tests/TestSupport/TestData.swift", "CONTRIBUTING.md"]
        for file in try Repository.textFiles() {
            #expect(!file.text.contains(data) || mayNameData.contains(file.path), "\(file.path) names \(data)")
            for folder in ["/wo" + "rk/", "/ho" + "me/", "/Us" + "ers/"] {
                #expect(!file.text.contains(folder), "\(file.path) names \(folder)")
            }
        }
    }

    /// The versions of packages are resolved anew on each machine, within the manifest's bounds.
    @Test func resolvedVersionsAreNotCommitted() throws {
        #expect(try Repository.text(of: ".gitignore").split(separator: "\n").contains("Package.resolved"))
    }
}
