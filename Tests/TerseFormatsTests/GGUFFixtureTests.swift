import Foundation
import TerseTensor
import TestSupport
import Testing

@testable import TerseFormats

/// Files that gguf-py wrote.
@Suite struct GGUFFixtureTests {
    @Test(arguments: ["types", "aligned64", "sharded-00001-of-00003"])
    func readsWhatGGUFPyWrites(name: String) throws {
        let model = try ModelFile.open(TestData.fixture("gguf/\(name).gguf"))
        let expected = try Expected.file("gguf/\(name).gguf")
        try Expected.check(model.metadata, against: expected["metadata"])
        let tensors = try #require(expected["tensors"]?.objectValue)
        #expect(Set(model.tensors.map(\.name)) == Set(tensors.keys))
        for (name, value) in tensors.members {
            let tensor = try #require(try model.tensor(name))
            #expect(tensor.type.name == value["type"]?.stringValue)
            try Expected.check(tensor, against: value, name)
        }
    }

    @Test func exactTypes() throws {
        let metadata = try GGUFFile(path: TestData.fixture("gguf/types.gguf")).metadata
        #expect(metadata["test.uint64"] == .uint64(.max))
        #expect(metadata["test.int64"] == .int64(.min))
        #expect(metadata["test.uint64"]?.integerValue == nil)
        #expect(metadata["test.float64"] == .float64(0.1))
        #expect(metadata["test.int8"] == .int8(-128))
        #expect(try metadata.array("test.nested")?.arrays?.map(\.integers) == [[1, 2], [3]])
    }

    @Test func refusesBigEndian() throws {
        let path = TestData.fixture("gguf/big-endian.gguf")
        let error = #expect(throws: FormatError.self) { try GGUFFile(path: path) }
        #expect(error?.code == .unsupported)
        #expect(error?.message == "\(path): a big-endian GGUF file (version 3); only little-endian is read")
    }

    @Test func namesTheFirstShard() throws {
        let path = TestData.fixture("gguf/sharded-00002-of-00003.gguf")
        let error = #expect(throws: FormatError.self) { try ModelFile.open(path) }
        #expect(
            error?.message
                == "\(path): shard 2 of 3; open the first, \(TestData.fixture("gguf/sharded-00001-of-00003.gguf"))")
    }

    @Test func saysWhichShardIsMissing() throws {
        let folder = try TemporaryFolder()
        let first = folder.path("m-00001-of-00003.gguf")
        try FileManager.default.copyItem(atPath: TestData.fixture("gguf/sharded-00001-of-00003.gguf"), toPath: first)
        let error = #expect(throws: FormatError.self) { try ModelFile.open(first) }
        #expect(error?.code == .system)
        #expect(error?.message.contains("m-00002-of-00003.gguf") == true)
    }

    /// A shard in the place of another.
    @Test func refusesShardsOutOfOrder() throws {
        let folder = try TemporaryFolder()
        for (source, target) in [(1, 1), (3, 2), (2, 3)] {
            try FileManager.default.copyItem(
                atPath: TestData.fixture("gguf/sharded-0000\(source)-of-00003.gguf"),
                toPath: folder.path("m-0000\(target)-of-00003.gguf"))
        }
        let error = #expect(throws: FormatError.self) { try ModelFile.open(folder.path("m-00001-of-00003.gguf")) }
        #expect(error?.code == .mismatch)
        #expect(error?.message.contains("expected shard 2 of 3, found shard 2 (from 0) of 3") == true)
    }
}
