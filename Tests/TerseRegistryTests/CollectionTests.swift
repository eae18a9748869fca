import Foundation
import TestSupport
import Testing

@testable import TerseRegistry

/// What is removed, what stays, and what garbage is.
@Suite struct CollectionTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf() }

    @Test func whatARollbackNeedsCannotBeRemoved() throws {
        try shelf.addLive("stories", count: 6)
        // Three rollbacks from 6 reach 3.
        for number in 3...6 {
            let error = registryError {
                try shelf.registry.remove(ModelReference(name: "stories", selector: .version(number)), by: shelf.by)
            }
            #expect(error?.code == .conflict, "\(number)")
        }
        #expect(registryError { try shelf.registry.remove(reference("stories"), by: shelf.by) }?.code == .conflict)
        #expect(try shelf.registry.model("stories").variantCount == 6)
        try shelf.registry.remove(reference("stories:2"), by: shelf.by)
        try shelf.registry.setRollbackDepth(1, of: "stories", by: shelf.by)
        #expect(
            try shelf.registry.remove(reference("stories:4/f16"), by: shelf.by).map(\.description) == ["stories:4/f16"])
        #expect(registryError { try shelf.registry.remove(reference("stories:5"), by: shelf.by) }?.code == .conflict)
        #expect(registryError { try shelf.registry.remove(reference("stories:4"), by: shelf.by) }?.code == .notFound)
        #expect(try shelf.registry.collect().files == 2)
        #expect(try shelf.registry.rollback("stories", by: shelf.by).version == 5)
        // Deeper than was stated lies what is gone.
        let error = registryError { try shelf.registry.rollback("stories", by: shelf.by) }
        #expect(error?.code == .conflict && error?.message.contains("removed") == true, "\(error?.message ?? "")")
        #expect(try shelf.registry.verify().isSound)
    }

    /// A server may have to open it again at any time.
    @Test func whatSomebodyHoldsCannotBeRemoved() throws {
        try shelf.addLive("stories", count: 7)
        let (second, third) = try (reference("stories:2/f16"), reference("stories:3/f16"))
        var leases = [try shelf.registry.hold(second), try shelf.registry.hold(second)]
        for _ in leases.indices {
            let error = registryError { try shelf.registry.remove(reference("stories:2"), by: shelf.by) }
            #expect(error?.code == .conflict && error?.message.contains("a server that runs has it") == true)
            // By whoever: locks are of processes and of parts of one alike.
            let other = try Registry(home: shelf.registry.home)
            #expect(registryError { try other.remove(second, by: shelf.by) }?.code == .conflict)
            leases.removeLast()
        }
        leases = [try shelf.registry.hold(second)]
        #expect(
            try shelf.registry.removeOutlived(by: shelf.by).map(\.description) == ["stories:1/f16", "stories:3/f16"])
        #expect(registryError { _ = try shelf.registry.hold(third) }?.code == .notFound)
        #expect(try shelf.registry.collect().files == 2)
        _ = try shelf.registry.locate(second)
        leases = []
        #expect(try shelf.registry.remove(second, by: shelf.by) == [second])
    }

    @Test func whatWasLiveLongAgoIsOutlived() throws {
        try shelf.addLive("stories", count: 6)
        try shelf.add("stories", [77])  // Never live: it may become so.
        try shelf.registry.setAlias("champion", to: reference("stories:1"), by: shelf.by)
        let removed = try shelf.registry.removeOutlived(by: shelf.by)
        #expect(removed.map(\.description) == ["stories:2/f16"])
        let garbage = try shelf.registry.collect()
        #expect(garbage.files == 1 && garbage.byteCount == Int64("stories 2".utf8.count))
        #expect(try shelf.registry.removeOutlived(by: shelf.by).isEmpty)
        for _ in 0..<3 { try shelf.registry.rollback("stories", by: shelf.by) }
        #expect(try shelf.production("stories") == 3)
        _ = try shelf.registry.locate(reference("stories"))
    }

    /// It may be wanted again: that it was live within so many moves counts, whatever a rollback would bring back.
    @Test func whatWasJustRolledBackFromIsNotOutlived() throws {
        try shelf.addLive("stories", count: 3)
        try shelf.registry.setRollbackDepth(2, of: "stories", by: shelf.by)
        try shelf.registry.rollback("stories", by: shelf.by)
        #expect(try shelf.registry.removeOutlived(by: shelf.by).isEmpty)
        #expect(try shelf.registry.collect() == CollectedGarbage())
        try shelf.registry.setAlias("production", to: reference("stories:3"), by: shelf.by)
        try shelf.registry.rollback("stories", by: shelf.by)
        try shelf.registry.rollback("stories", by: shelf.by)
        // 3, 2, 1 are the last targets; after two moves more 3 is two moves too old.
        #expect(try shelf.registry.removeOutlived(by: shelf.by).isEmpty)
        try shelf.add("stories", [4], alias: "production")
        try shelf.add("stories", [5], alias: "production")
        #expect(
            try shelf.registry.removeOutlived(by: shelf.by).map(\.description) == ["stories:2/f16", "stories:3/f16"])
        for _ in 0..<2 { try shelf.registry.rollback("stories", by: shelf.by) }
        #expect(try shelf.production("stories") == 1)
    }

    @Test func filesThatOthersHaveStay() throws {
        try shelf.add("stories", [1])
        try shelf.add("poems", [1])
        let path = try shelf.registry.locate(reference("stories")).path
        try shelf.registry.remove(reference("stories"), by: shelf.by)
        #expect(try shelf.registry.collect() == CollectedGarbage())
        _ = try shelf.registry.locate(reference("poems"))
        #expect(registryError { _ = try shelf.registry.locate(reference("stories:1")) }?.code == .notFound)
        try shelf.registry.remove(reference("poems"), by: shelf.by)
        #expect(try shelf.registry.collect(isDryRun: true).files == 1)
        #expect(try shelf.blobs().count == 1)
        #expect(try shelf.registry.collect().files == 1)
        #expect(try shelf.blobs().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try shelf.registry.models().isEmpty && shelf.registry.models(removedToo: true).count == 2)
    }

    @Test func whatDiedProcessesLeftIsRemovedAndWhatOthersWriteIsNot() throws {
        let staging = try shelf.registry.stage()
        let draft = try shelf.draft("f16", [1], in: staging)
        let left = "\(shelf.home)/blobs/staging/left"
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        try Data([1, 2, 3]).write(to: URL(filePath: "\(left)/1.blob"))
        #expect(try shelf.registry.collect().leftovers == 1)
        #expect(!FileManager.default.fileExists(atPath: left))
        _ = try shelf.registry.add("stories", Lineage(), [draft], by: shelf.by)
        #expect(try shelf.registry.verify().isSound)
    }

    /// Files are placed and recorded under one lock, so that a collection sees both or neither.
    @Test func collectionsAndAdditionsAtOnceLoseNothing() async throws {
        let shelf = shelf
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    let own = try Registry(home: shelf.registry.home)
                    for number in 0..<20 {
                        let staging = try own.stage()
                        let draft = try shelf.draft("f16", [UInt8(number % 5)], in: staging)
                        let name = "model\(writer)"
                        let version = try own.add(name, Lineage(), [draft], by: shelf.by)
                        if number % 2 == 0 { try own.remove(version.reference, by: shelf.by) }
                    }
                }
            }
            group.addTask {
                let own = try Registry(home: shelf.registry.home)
                for _ in 0..<40 { _ = try own.collect() }
            }
            try await group.waitForAll()
        }
        let result = try shelf.registry.verify()
        #expect(result.isSound, "\(result.problems)")
        #expect(result.versions == 60 && result.variants == 30 && result.files == 5)
    }
}
