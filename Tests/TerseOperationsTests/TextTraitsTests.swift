import Foundation
import TestSupport
import Testing

@testable import TerseOperations

@Suite struct TextTraitsTests {
    @Test func countsEverything() {
        let counts = TextCounts("The cat's 12 <b> = 3;\n\n  Наш x²\n".unicodeScalars)
        #expect(counts.characters == 32 && counts.spaces == 11 && counts.lines == 2 && counts.codeLines == 2)
        #expect(counts.letters == 12 && counts.uppercase == 1 && counts.digits == 3)
        #expect(counts.codeSymbols == 4 && counts.operators == 3 && counts.commands == 0)
        #expect(counts.words == 5 && counts.englishWords == 1)
        #expect(counts.scripts == [.latin: 9, .cyrillic: 3])
    }

    @Test(
        arguments: [
            ("Call me Ishmael. Some years ago (never mind how long) I thought I would sail about a little.", .prose),
            ("WILLIAM [aside]: It is true; or false, as you like it. Let me include you in the return.", .prose),
            ("func add(_ a: Int, _ b: Int) -> Int {\n    return a + b\n}\n", .code),
            (
                "def mean(values):\n    total = 0\n    for value in values:\n        total += value\n    return total",
                .code
            ),
            ("{\"name\": \"x\", \"sizes\": [1, 2, 3],\n  \"nested\": {\"is\": true}}", .code),
            ("Write a Python program that reverses a list.", .code),
            ("#include <stdio.h>\nint main(void) { printf(\"%d\\n\", 3); return 0; }", .code),
            ("Let \\alpha \\in \\mathbb{R} be such that \\frac{\\alpha}{2} > 1.", .mathematics),
            ("What is 12 * 7 + 3^2 - 4 / 2 = ?", .mathematics),
            ("Find the area of a triangle with sides 3, 4 and 5.", .mathematics), ("", .prose),
        ] as [(String, TextKind)])
    func kinds(text: String, kind: TextKind) {
        #expect(TextTraits(of: text).kind == kind, "\(text)")
    }

    @Test(
        arguments: [
            ("What is it?", .latin), ("Où est la bibliothèque ?", .latin), ("Где здесь библиотека?", .cyrillic),
            ("Πού είναι η βιβλιοθήκη;", .greek), ("איפה הספרייה?", .hebrew), ("أين المكتبة؟", .arabic),
            ("पुस्तकालय कहाँ है?", .devanagari), ("ห้องสมุดอยู่ที่ไหน", .thai), ("도서관이 어디예요?", .hangul),
            ("図書館はどこですか。", .kana), ("图书馆在哪里？", .han), ("", .latin), ("12 + 3", .latin),
        ] as [(String, Script)])
    func scripts(text: String, script: Script) {
        #expect(TextTraits(of: text).script == script, "\(text)")
    }

    /// English has its function words, other languages of the script have few of them.
    @Test func languages() {
        #expect(TextTraits(of: "It was the best of times, it was the worst of times.").englishShare > 0.6)
        #expect(TextTraits(of: "Es war die beste aller Zeiten, es war die schlimmste.").englishShare < 0.2)
    }

    /// Only the end is looked at, in whole characters.
    @Test func workIsBounded() {
        let end = String(repeating: "der größte Fluß\n", count: TextTraits.charactersMax / 16)
        #expect(end.unicodeScalars.count == TextTraits.charactersMax)
        let traits = TextTraits(of: end)
        #expect(TextTraits(of: String(repeating: "{x = 1;}\n", count: 100_000) + end) == traits)
        #expect(traits.kind == .prose && traits.charactersPerLine == 16 && traits.spaceShare == 3 / 16)
    }

    @Test(.enabled(if: TestData.isPresent, Comment(rawValue: TestData.absence)))
    func booksAreProse() throws {
        try expect(.prose, in: URL(filePath: TestData.path("text/heldout")), "md", percentMin: 98)
    }

    /// Some have more comments than code.
    @Test func sourcesAreCode() throws {
        try expect(.code, in: TestData.repository.appending(path: "Sources/TerseOperations"), "swift", percentMin: 80)
    }

    /// Cuts the files of a folder in parts of 1,500 bytes, most of which have to be of the kind.
    private func expect(_ kind: TextKind, in folder: URL, _ ending: String, percentMin: Int) throws {
        let folder = folder.resolvingSymlinksInPath()
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(ending) }
        let parts = try paths.flatMap { path in
            let bytes = [UInt8](try Data(contentsOf: folder.appending(path: path)))
            return stride(from: 0, to: bytes.count - 1500, by: 1500).map {
                String(decoding: bytes[$0..<$0 + 1500], as: UTF8.self)
            }
        }
        let right = parts.count { TextTraits(of: $0).kind == kind }
        #expect(parts.count > 20 && right * 100 >= parts.count * percentMin, "\(right) of \(parts.count)")
    }
}
