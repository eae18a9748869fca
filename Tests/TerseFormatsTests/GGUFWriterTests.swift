import Foundation
import TerseTensor
import TestSupport
import Testing

@testable import TerseFormats

@Suite struct GGUFWriterTests {
    private func copy(_ file: GGUFFile, to path: String, shardBytesMax: Int? = nil) throws -> [String] {
        let entries = file.tensors.map {
            GGUFWriter.Entry(name: $0.name, type: $0.tensor.type, shape: $0.tensor.shape)
        }
        let writer = try GGUFWriter(
            path: path, metadata: file.metadata, tensors: entries, shardBytesMax: shardBytesMax)
        for (entry, named) in zip(entries, file.tensors) {
            try writer.write(
                UnsafeRawBufferPointer(rebasing: named.tensor.bytes.buffer[..<entry.byteCount(file: path)]))
        }
        return try writer.finish()
    }

    /// What gguf-py wrote comes out of our writer byte for byte, but for the arrays that it nests.
    @Test(arguments: ["types", "aligned64"])
    func equalsGGUFPy(name: String) throws {
        let folder = try TemporaryFolder()
        let source = TestData.fixture("gguf/\(name).gguf")
        #expect(try copy(GGUFFile(path: source), to: folder.path("a.gguf")) == [folder.path("a.gguf")])
        #expect(FileManager.default.contentsEqual(atPath: source, andPath: folder.path("a.gguf")))
    }

    @Test func shards() throws {
        let folder = try TemporaryFolder()
        let source = try GGUFFile(path: TestData.fixture("gguf/types.gguf"))
        let paths = try copy(source, to: folder.path("m.gguf"), shardBytesMax: 2000)
        #expect(paths.count > 2)
        #expect(paths.first == folder.path("m-00001-of-0000\(paths.count).gguf"))
        let model = try ModelFile.open(paths[0])
        #expect(model.metadata.keys == source.metadata.keys)
        #expect(model.tensors.map(\.name) == source.tensors.map(\.name))
        for named in source.tensors {
            let tensor = try #require(try model.tensor(named.name))
            let bytes = tensor.rows * tensor.rowBytes
            #expect(tensor.bytes.buffer.prefix(bytes).elementsEqual(named.tensor.bytes.buffer.prefix(bytes)))
        }
    }

    @Test func keepsScales() throws {
        let folder = try TemporaryFolder()
        let bytes = TensorBytes(count: 66) { $0[64] = 0x3C }
        let tensor = try Tensor(type: .tq2_0, shape: [256], bytes: bytes, scale: 0.25)
        let source = try ModelFile(
            path: "a", format: .gguf, metadata: Metadata(), tensors: [ModelTensor(name: "a.weight", tensor: tensor)])
        let converter = try Converter(source, options: ConversionOptions(type: nil))
        _ = try converter.write(to: folder.path("a.gguf"), team: ThreadTeam(threads: 1))
        #expect(try GGUFFile(path: folder.path("a.gguf")).tensors.map(\.name) == ["a.weight", "a.scale"])
        let model = try ModelFile.open(folder.path("a.gguf"))
        #expect(model.tensors.map(\.name) == ["a.weight"])
        #expect(try model.tensor("a.weight")?.scale == 0.25)
    }

    @Test func leavesNothingBehindWhenDropped() throws {
        let folder = try TemporaryFolder()
        do {
            let writer = try GGUFWriter(
                path: folder.path("a.gguf"), metadata: Metadata(), tensors: [.init(name: "a", type: .f32, shape: [4])])
            try [UInt8](repeating: 0, count: 15).withUnsafeBytes { try writer.write($0) }
            let early = #expect(throws: FormatError.self) { try writer.finish() }
            #expect(early?.message == "\(folder.path("a.gguf")): tensor a has 15 of 16 bytes")
            let much = #expect(throws: FormatError.self) {
                try [UInt8](repeating: 0, count: 2).withUnsafeBytes { try writer.write($0) }
            }
            #expect(much?.message == "\(folder.path("a.gguf")): more data than tensor a announced")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
    }

    @Test func refusesWhatReadersWould() throws {
        let folder = try TemporaryFolder()
        func message(_ tensors: [GGUFWriter.Entry]) -> String? {
            let error = #expect(throws: FormatError.self) {
                try GGUFWriter(path: folder.path("a.gguf"), metadata: Metadata(), tensors: tensors)
            }
            return error?.message
        }
        let a = GGUFWriter.Entry(name: "a", type: .f32, shape: [4])
        #expect(message([a, a])?.hasSuffix("tensor a appears twice") == true)
        #expect(message([.init(name: "a", type: .q4_0, shape: [33])])?.contains("no multiple of q4_0's block") == true)
        #expect(message([.init(name: "", type: .f32, shape: [4])])?.contains("must have 1 to 63 bytes") == true)
        #expect(message([.init(name: "a", type: .f32, shape: [1, 1, 1, 1, 1])])?.contains("5 dimensions") == true)
    }

    /// /dev/full is a disk without room.
    @Test func saysWhenTheDiskIsFull() throws {
        let file = try OutputFile(path: "/dev/full")
        try file.write([1, 2, 3])
        let error = #expect(throws: FormatError.self) { try file.commit() }
        #expect(error?.code == .system)
        #expect(error?.message.hasSuffix("cannot write: No space left on device") == true)
    }

    @Test func saysWhenTheDirectoryIsMissing() throws {
        let error = #expect(throws: FormatError.self) {
            try GGUFWriter(path: "/nowhere/a.gguf", metadata: Metadata(), tensors: [])
        }
        #expect(error?.code == .system)
    }
}
