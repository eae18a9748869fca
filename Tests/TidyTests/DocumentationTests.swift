import Foundation
import Testing

/// Public types and functions of a library say what they do. Of properties and initialisers the name may say it all.
@Suite struct DocumentationTests {
    static let keywords: Set<Substring> = ["func", "struct", "class", "enum", "protocol", "actor", "subscript"]

    /// Every module's error has the same members, which CONTRIBUTING.md explains once.
    static let errorMembers = ["enum Code", "let code: Code", "let message: String", "init(_ code: Code"]

    /// Names whose meaning a protocol of the standard library fixes.
    static let understood = [
        "description", "debugDescription", "errorDescription", "hash(into", "makeIterator()", "static func == ",
    ]

    @Test func publicDeclarationsHaveDocComments() throws {
        var missing: [String] = []
        for file in try Repository.swiftFiles() where file.isInLibrary {
            let lines = file.lines
            for (index, line) in lines.enumerated() where Self.isPublicDeclaration(line) {
                guard !file.name.hasSuffix("Error.swift") || !Self.errorMembers.contains(where: { line.contains($0) })
                else {
                    continue
                }
                guard !Self.understood.contains(where: { line.contains($0) }) else { continue }
                if !isDocumented(index, in: lines) { missing.append("\(file.path):\(index + 1): \(line)") }
            }
        }
        #expect(missing.isEmpty, "public without a doc comment:\n\(missing.joined(separator: "\n"))")
    }

    private static func isPublicDeclaration(_ line: Substring) -> Bool {
        let words = line.split(whereSeparator: { !$0.isLetter && $0 != "@" && $0 != "_" })
        guard line.contains("public"), let access = words.firstIndex(of: "public") else { return false }
        guard words[..<access].allSatisfy({ $0.hasPrefix("@") }) else { return false }
        return words[access...].contains { keywords.contains($0) }
    }

    /// Looks upward past attributes and plain comments for a doc comment.
    private func isDocumented(_ index: Int, in lines: [Substring]) -> Bool {
        for line in lines[..<index].reversed() {
            let text = line.drop(while: { $0 == " " })
            if text.hasPrefix("///") || text.hasSuffix("*/") { return true }
            if !text.hasPrefix("@") && !text.hasPrefix("#if") && !text.hasPrefix("// ") { return false }
        }
        return false
    }
}
