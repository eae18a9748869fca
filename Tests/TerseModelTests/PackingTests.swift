import Foundation
import TerseFormats
import TestSupport
import Testing

@testable import TerseModel
@testable import TerseTensor

/// Packed weights that are kept in files.
@Suite struct PackingTests {
    private let folder: TemporaryFolder
    private var store: URL { folder.url.appending(path: "packed") }
    private var kept: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: store.path)) ?? []).sorted()
    }

    init() throws { folder = try TemporaryFolder() }

    /// A model in a file, BitNet unless told otherwise.
    private func file(
        _ name: String = "model.gguf", _ architecture: Architecture = .bitnet, _ type: ElementType = .tq2_0,
        seed: UInt64 = 3
    ) throws -> ModelFile {
        let path = folder.path(name)
        let model = try TinyModel.file(architecture, type, seed: seed)
        _ = try Converter(model, options: ConversionOptions(type: nil)).write(
            to: path, team: ThreadTeam(threads: 1))
        return try ModelFile.open(path)
    }

    private func logits(_ model: Model) throws -> [Float] {
        try ModelRunner(model, threads: 1).logits(of: TinyModel.tokens(9), chunk: 9)
    }

    @Test func weightsArePackedOnceAndMapped() throws {
        let expected = try logits(Model(file()))
        let first = try Model(file(), packing: .kept(in: store))
        #expect(first.packingProblem == nil && kept.count == 1)
        let before = try FileManager.default.attributesOfItem(atPath: store.appending(path: kept[0]).path)
        let second = try Model(ModelFile.open(first.path), packing: .kept(in: store))
        let after = try FileManager.default.attributesOfItem(atPath: store.appending(path: kept[0]).path)
        #expect(before[.systemFileNumber] as? Int == after[.systemFileNumber] as? Int)
        let plain = try Model(ModelFile.open(first.path), packing: .none)
        #expect(second.ownedWeightBytes == plain.ownedWeightBytes && second.weightBytes == first.weightBytes)
        #expect(try logits(first) == expected && logits(second) == expected)
    }

    /// A file that another takes the place of has other packed weights.
    @Test func changedFilesArePackedAnew() throws {
        _ = try Model(file(), packing: .kept(in: store))
        let changed = try Model(file(seed: 4), packing: .kept(in: store))
        #expect(kept.count == 2)
        #expect(try logits(changed) == logits(Model(file(seed: 4))))
    }

    @Test func whatIsNotWholeIsMadeAgain() throws {
        let file = try file()
        let expected = try logits(Model(file, packing: .kept(in: store)))
        let path = store.appending(path: kept[0])
        let whole = try Data(contentsOf: path)
        for broken in [whole.prefix(whole.count - 1), Data(count: whole.count), Data()] {
            try broken.write(to: path)
            let model = try Model(file, packing: .kept(in: store))
            #expect(model.packingProblem == nil)
            #expect(try logits(model) == expected && Data(contentsOf: path) == whole)
        }
        // Other bytes of matrices are other matrices, of numbers all the same.
        try (whole.prefix(4096) + Data(repeating: 0x6f, count: whole.count - 4096)).write(to: path)
        #expect(try logits(Model(file, packing: .kept(in: store))) != expected)
    }

    /// A matrix's scale may come from another file than the matrix, whose name says nothing of it.
    @Test func otherScalesArePackedAnew() throws {
        let tensor = try #require(try file().tensor("blk.0.ffn_down.weight"))
        let store = PackedStore(directory: store, bytesMax: 1 << 30)
        func scales(_ scale: Float) throws -> [Float] {
            let scaled = try Tensor(type: tensor.type, shape: tensor.shape, bytes: tensor.bytes, scale: scale)
            let plans = [LayoutPlan(tensor: scaled, layout: .packed)]
            guard
                case .packed(let matrix)? = try PackedFile(store, of: plans).matrices(plans, team: ThreadTeam())[0]
            else { return [] }
            return (0..<matrix.rows).map { matrix.view.scales[$0] }
        }
        let once = try scales(1)
        #expect(once.contains { $0 != 0 } && kept.count == 1)
        #expect(try scales(2) == once.map { 2 * $0 } && scales(1) == once)
        #expect(kept.count == 1)
    }

    /// Rows side by side are not worth a copy of all weights in memory.
    @Test func denseModelsAreMappedWhereNothingCanBeKept() throws {
        try Data().write(to: store)
        let model = try Model(file("dense.gguf", .llama, .q8_0), packing: .kept(in: store))
        #expect(model.layers.allSatisfy { if case .rows = $0.down.weights { true } else { false } })
        let plain = try Model(file("same.gguf", .llama, .q8_0), packing: .none)
        #expect(model.ownedWeightBytes == plain.ownedWeightBytes)
        #expect(try logits(model) == logits(Model(file("third.gguf", .llama, .q8_0))))
    }

    @Test func aDirectoryThatCannotBeWrittenIsNoObstacle() throws {
        try Data().write(to: store)
        let model = try Model(file(), packing: .kept(in: store))
        #expect(try #require(model.packingProblem).contains(store.path))
        #expect(model.ownedWeightBytes > 0)
        #expect(try logits(model) == logits(Model(file())))
    }

    /// What a writer that died left is removed, what is being written is not.
    @Test func leftoversGo() throws {
        try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
        for name in ["unfinished-1", "unfinished-2", "notes"] {
            try Data(count: 8).write(to: store.appending(path: name))
        }
        let held = open(store.appending(path: "unfinished-2").path, O_RDWR | O_CLOEXEC)
        #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
        defer { close(held) }
        _ = try Model(file(), packing: .kept(in: store))
        #expect(kept.count == 3 && kept.contains("unfinished-2") && kept.contains("notes"))
    }

    /// What was used longest ago makes room; what is too large for all of it is not kept.
    @Test func theStoreIsBounded() throws {
        let size = try {
            _ = try Model(file("a.gguf"), packing: .kept(in: store))
            return try Data(contentsOf: store.appending(path: kept[0])).count
        }()
        let first = kept[0]
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -100)], ofItemAtPath: store.appending(path: first).path)
        let second = try Model(file("b.gguf"), packing: .kept(in: store, bytesMax: 2 * size - 1))
        #expect(second.packingProblem == nil && kept.count == 1 && kept[0] != first)
        let third = try Model(file("c.gguf"), packing: .kept(in: store, bytesMax: size - 1))
        #expect(try #require(third.packingProblem).contains("\(size - 1) allowed"))
        #expect(third.ownedWeightBytes > 0 && kept.count == 1)
    }
}
