import Foundation
import Testing

/// Arrows only downward: each target imports what its row of the manifest allows, and the manifest keeps to the floors.
@Suite struct LayeringTests {
    /// The floor of each room, as ARCHITECTURE.md draws them. A room imports only from lower floors, or beside it where
    /// `sameFloor` says so.
    static let floors = [
        "CTerseKernels": 0, "TerseJSON": 0, "TerseConfiguration": 0,
        "TerseTensor": 1, "TerseTokenizer": 1, "TerseChat": 1,
        "TerseFormats": 2, "TerseModel": 3, "TerseEvaluation": 4, "TerseEngine": 4, "TerseTraining": 5, "terse": 8,
    ]

    /// Modules of the toolchain, which any target may import.
    static let toolchain: Set<String> = [
        "Foundation", "FoundationEssentials", "FoundationNetworking", "FoundationXML", "Synchronization", "Testing",
        "Glibc", "Darwin",
        "Musl", "Dispatch",
    ]

    /// The module that a line imports, whatever access or attributes stand before.
    private static func module(importedBy line: Substring) -> String? {
        guard line.contains("import ") else { return nil }
        let words = line.split(whereSeparator: { $0 == " " || $0 == "." })
        let modifiers: Set<Substring> = ["public", "internal", "package", "private", "fileprivate"]
        guard let start = words.firstIndex(of: "import"), start + 1 < words.count,
            words[..<start].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) })
        else { return nil }
        let kinds: Set<Substring> = ["struct", "class", "enum", "func", "typealias", "protocol", "let", "var"]
        let name = words[start + 1]
        return String(kinds.contains(name) && start + 2 < words.count ? words[start + 2] : name)
    }

    @Test func everyTargetHasAFloorAndDependsDownward() throws {
        let manifest = try Manifest()
        #expect(manifest.targets.count > 10)
        for target in manifest.targets where !target.isTest {
            let floor = try #require(Self.floors[target.name], "\(target.name) has no floor in LayeringTests")
            for dependency in target.dependencies {
                guard let below = Self.floors[dependency] else { continue }
                #expect(below < floor, "\(target.name) (floor \(floor)) depends on \(dependency) (floor \(below))")
            }
        }
    }

    @Test func importsAreInTheManifest() throws {
        let manifest = try Manifest()
        for file in try Repository.swiftFiles() {
            let target = try #require(manifest[file.target], "\(file.path) is in no target of Package.swift")
            let allowed = target.dependencies.union(Self.toolchain)
            for line in file.lines {
                guard let module = Self.module(importedBy: line) else { continue }
                #expect(
                    allowed.contains(module), "\(file.path) imports \(module), which is not in \(target.name)'s row")
            }
        }
    }

    @Test func onlyTheTensorRoomReachesTheKernels() throws {
        for target in try Manifest().targets where target.dependencies.contains("CTerseKernels") {
            #expect(
                ["TerseTensor", "TerseTensorTests"].contains(target.name), "\(target.name) depends on CTerseKernels")
        }
    }

    @Test func theArchitectureDocumentHasEveryRoom() throws {
        let document = try Repository.text(of: "ARCHITECTURE.md")
        for target in try Manifest().targets where !target.isTest {
            let row = document.split(separator: "\n").first { $0.contains("| `\(target.name)` |") }
            guard let row else {
                Issue.record("ARCHITECTURE.md has no row for \(target.name)")
                continue
            }
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(Int(cells[0]) == Self.floors[target.name], "the floor of \(target.name) in ARCHITECTURE.md")
            guard target.name != "terse" else { continue }  // Its row says "all".
            let imports = Set(cells.last!.matches(of: #/`(\w+)`/#).map { String($0.1) })
            #expect(imports == target.dependencies, "what \(target.name) may import, in ARCHITECTURE.md")
        }
    }
}
