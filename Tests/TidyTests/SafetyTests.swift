import Foundation
import Testing

/// Escapes from the language's checks are counted, and the counts only fall.
@Suite struct SafetyTests {
    /// Owners of storage that promise by hand what the compiler cannot see.
    static let uncheckedSendable = 6
    static let fatalErrors = 0
    static let forcedTries = 0

    @Test func uncheckedSendableStaysRareAndIsExplained() throws {
        var count = 0
        for file in try Repository.swiftFiles() where file.path.hasPrefix("Sources/") {
            for (index, line) in file.lines.enumerated() where line.contains("@unchecked Sendable") {
                count += 1
                let before = index > 0 ? file.lines[index - 1] : ""
                let explained = line.contains("// ") || before.trimmingCharacters(in: .whitespaces).hasPrefix("//")
                #expect(explained, "\(file.path):\(index + 1): say what protects it")
            }
        }
        #expect(count == Self.uncheckedSendable, "\(count) @unchecked Sendable, agreed on \(Self.uncheckedSendable)")
    }

    @Test func librariesDoNotTrapOnPurpose() throws {
        let files = try Repository.swiftFiles().filter(\.isInLibrary)
        let traps = files.flatMap { $0.places(of: "fatalError(") }
        let tries = files.flatMap { $0.places(of: "try!") }
        #expect(traps.count == Self.fatalErrors, "fatalError at \(traps)")
        #expect(tries.count == Self.forcedTries, "try! at \(tries)")
    }

    /// Rooms return values and throw errors; only the command line speaks to the terminal.
    @Test func librariesDoNotPrint() throws {
        for file in try Repository.swiftFiles() where file.isInLibrary {
            for line in file.lines {
                #expect(line.firstMatch(of: #/(^|[^\w.])print\(/#) == nil, "\(file.path): \(line)")
            }
        }
    }

    /// A name without the prefix could collide with any library that the program loads.
    @Test func cSymbolsHaveThePrefix() throws {
        let declaration =
            #/^(?!static\b|TERSE_\w*INLINE\b|typedef\b|#|//|\s|\}|_Static_assert\b|else\b|if\b|extern "C")(?:[\w\*]+ +)+\**(\w+)\(/#
        var found = 0
        for file in try Repository.cFiles() {
            for line in file.lines {
                guard let match = line.firstMatch(of: declaration) else { continue }
                found += 1
                #expect(match.1.hasPrefix("terse_"), "\(file.path): \(match.1) must start with terse_ or be static")
            }
        }
        #expect(found >= 3)
    }
}
