import Foundation
import Testing

/// Arrows only downward: each target imports what its row of the manifest allows, and the manifest keeps to the floors.
@Suite struct LayeringTests {
    /// The floor of each room, as ARCHITECTURE.md draws them. A room imports only from lower floors.
    static let floors = [
        "CTerseKernels": 0, "TerseJSON": 0, "TerseConfiguration": 0,
        "TerseTensor": 1, "TerseTokenizer": 1, "TerseChat": 1, "TerseHub": 1, "TerseGrammar": 1, "TerseTelemetry": 1,
        "TerseFormats": 2, "TerseModel": 3, "TerseEvaluation": 4, "TerseEngine": 4, "TerseTraining": 5,
        "TerseRegistry": 5, "TerseProfiling": 6, "TerseOperations": 6, "TerseServer": 7, "terse": 8,
    ]

    /// Modules of the toolchain, which any target may import.
    static let toolchain: Set<String> = [
        "Foundation", "FoundationEssentials", "FoundationNetworking", "FoundationXML", "Synchronization", "Testing",
        "Glibc", "Darwin", "Musl", "Dispatch",
    ]

    @Test func theFloorsAreThoseOfTheManifest() throws {
        #expect(
            Set(Self.floors.keys) == Set(try Manifest().rooms.map(\.name)),
            "floors in LayeringTests, targets in Package.swift")
    }

    @Test func everyTargetDependsDownward() throws {
        let manifest = try Manifest()
        let tests = Set(manifest.tests.map(\.name))
        for room in manifest.rooms {
            let floor = try #require(Self.floors[room.name], "\(room.name) has no floor in LayeringTests")
            #expect(tests.isDisjoint(with: room.dependencies), "\(room.name) depends on a target of tests")
            for dependency in room.dependencies {
                guard let below = Self.floors[dependency] else { continue }
                #expect(below < floor, "\(room.name) (floor \(floor)) depends on \(dependency) (floor \(below))")
            }
        }
    }

    /// Both ways: what is imported is in the row, and what is in the row is imported.
    @Test func importsAreThoseOfTheManifest() throws {
        let manifest = try Manifest()
        var unused = Dictionary(uniqueKeysWithValues: manifest.targets.map { ($0.name, $0.dependencies) })
        for file in try Repository.swiftFiles() {
            let target = try #require(manifest[file.target], "\(file.path) is in no target of Package.swift")
            let allowed = target.dependencies.union(Self.toolchain)
            for line in file.lines {
                guard let module = Self.module(importedBy: line) else { continue }
                unused[target.name]?.remove(module)
                #expect(
                    allowed.contains(module), "\(file.path) imports \(module), which is not in \(target.name)'s row")
            }
        }
        for (name, modules) in unused {
            #expect(modules.isEmpty, "\(name) depends on \(modules.sorted()), which none of its files imports")
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
        let rows = document.matches(of: #/(?m)^\| *(\d+) *\| *`(\w+)` *\|.*\| *([^|]*?) *\|$/#)
        let rooms = try Manifest().rooms
        #expect(rows.map { String($0.2) }.sorted() == rooms.map(\.name).sorted(), "rows of ARCHITECTURE.md")
        for row in rows {
            let name = String(row.2)
            #expect(Int(row.1) == Self.floors[name], "the floor of \(name) in ARCHITECTURE.md")
            guard name != "terse" else { continue }  // Its row says "all".
            let imports = Set(row.3.matches(of: #/`(\w+)`/#).map { String($0.1) })
            let dependencies = rooms.first { $0.name == name }?.dependencies
            #expect(imports == dependencies, "what \(name) may import, in ARCHITECTURE.md")
        }
    }

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
}
