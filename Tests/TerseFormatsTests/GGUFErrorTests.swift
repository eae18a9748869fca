import TerseTensor
import TestSupport
import Testing

@testable import TerseFormats

/// Each kind of bad GGUF file, with the message it gives.
@Suite struct GGUFErrorTests {
    /// A file with one key and the tensors given, 64 bytes of data behind it.
    struct Header {
        var version: UInt32 = 3
        var keyCount: UInt64 = 1
        var tensorCount: UInt64?
        var key = "general.architecture"
        var valueType: UInt32 = 8
        var keys = 1
        var tensors: [(name: String, shape: [UInt64], type: UInt32, offset: UInt64)] = []

        func bytes(value: (inout ByteBuilder) -> Void = { $0.string("llama") }) -> [UInt8] {
            var file = ByteBuilder()
            file.bytes += Array("GGUF".utf8)
            file.integer(version)
            file.integer(tensorCount ?? UInt64(tensors.count))
            file.integer(keyCount)
            for _ in 0..<keys {
                file.string(key)
                file.integer(valueType)
                value(&file)
            }
            for tensor in tensors {
                file.string(tensor.name)
                file.integer(UInt32(tensor.shape.count))
                for extent in tensor.shape { file.integer(extent) }
                file.integer(tensor.type)
                file.integer(tensor.offset)
            }
            file.pad(to: 32)
            file.bytes += [UInt8](repeating: 0, count: 64)
            return file.bytes
        }
    }

    private func message(_ bytes: [UInt8]) throws -> String? {
        let folder = try TemporaryFolder()
        let path = try folder.write(bytes, "a.gguf")
        let error = #expect(throws: FormatError.self) { try ModelFile.open(path) }
        return error.map { $0.message.replacing("\(path): ", with: "") }
    }

    private func tensorMessage(_ tensors: (String, [UInt64], UInt32, UInt64)...) throws -> String? {
        var header = Header()
        header.tensors = tensors.map { (name: $0.0, shape: $0.1, type: $0.2, offset: $0.3) }
        return try message(header.bytes())
    }

    @Test func versions() throws {
        #expect(try message(Header(version: 1).bytes()) == "GGUF version 1; versions 2 and 3 are read")
        #expect(try message(Header(version: 4).bytes()) == "GGUF version 4; versions 2 and 3 are read")
        let two = try TemporaryFolder()
        #expect(try GGUFFile(path: two.write(Header(version: 2).bytes(), "a.gguf")).version == 2)
    }

    @Test func counts() throws {
        #expect(
            try message(Header(keyCount: .max).bytes())?.hasPrefix(
                "the number of metadata keys is 18446744073709551615, the limit") == true)
        #expect(
            try message(Header(keyCount: 60_000).bytes())?.hasPrefix("the number of metadata keys is 60000, but the")
                == true)
        #expect(
            try message(Header(tensorCount: 60_000).bytes())?.hasPrefix("the number of tensors is 60000, but the")
                == true)
        #expect(try message(Header(keyCount: 2, keys: 2).bytes()) == "metadata key general.architecture appears twice")
    }

    @Test func values() throws {
        #expect(
            try message(Header(valueType: 13).bytes())
                == "metadata key general.architecture: unknown metadata type 13; 0 to 12 are defined")
        let long = Header().bytes { $0.integer(UInt64(1) << 40) }
        #expect(
            try message(long)?.hasPrefix("the length of metadata key general.architecture is 1099511627776, the limit")
                == true)
        let manyStrings = Header(valueType: 9).bytes {
            $0.integer(UInt32(8))
            $0.integer(UInt64(100_000_000))
        }
        #expect(try message(manyStrings)?.contains("is 100000000, but the") == true)
        let deep = Header(valueType: 9).bytes { file in
            for _ in 0..<6 {
                file.integer(UInt32(9))
                file.integer(UInt64(1))
            }
        }
        #expect(try message(deep) == "metadata key general.architecture: arrays nested more than 4 deep")
        let alignment = Header(key: "general.alignment", valueType: 4).bytes { $0.integer(UInt32(48)) }
        #expect(try message(alignment) == "general.alignment must be a power of two up to 1048576, found 48")
    }

    @Test func tensors() throws {
        #expect(try tensorMessage(("a", [8], 0, 0), ("a", [8], 0, 32)) == "tensor a appears twice")
        #expect(try tensorMessage(("a", [8], 0, 8)) == "tensor a: offset 8 is no multiple of the alignment 32")
        #expect(
            try tensorMessage(("a", [8], 0, 64))?.hasPrefix("tensor a needs 32 bytes at offset 64 of the data") == true)
        #expect(try tensorMessage(("a", [8], 0, .max)) == "tensor a: offset 18446744073709551615 lies outside any file")
        #expect(
            try tensorMessage(("a", [16], 0, 0), ("b", [8], 0, 32))
                == "tensors a (bytes 0 to 64) and b (from 32) overlap")
        #expect(
            try tensorMessage(("a", [48], 2, 0))
                == "tensor a: rows of 48 elements are no multiple of q4_0's block of 32")
        #expect(try tensorMessage(("a", [0], 0, 0)) == "tensor a has an extent of 0")
        #expect(try tensorMessage(("a", [1 << 62, 4, 4], 0, 0))?.contains("overflows") == true)
        #expect(try tensorMessage(("a", [1, 1, 1, 1, 1], 0, 0)) == "tensor a has 5 dimensions, the limit is 4")
        #expect(
            try tensorMessage(("a", [256], 10, 0))?.hasPrefix("tensor a has type 10 (q2_k); supported are f32, f16,")
                == true)
        #expect(try tensorMessage(("a", [256], 38, 0))?.hasPrefix("tensor a has type 38 (bitnet.cpp's tl1)") == true)
        #expect(
            try tensorMessage(("a", [256], 4_000_000, 0))?.hasPrefix("tensor a has type 4000000; supported") == true)
        #expect(
            try tensorMessage((String(repeating: "n", count: 64), [8], 0, 0))
                == "the length of the name of tensor 0 is 64, the limit is 63")
    }

    @Test func missingAndMisshapen() throws {
        let model = try ModelFile.open(TestData.fixture("gguf/types.gguf"))
        let missing = #expect(throws: FormatError.self) { try model.requiredTensor("x", shape: [1]) }
        #expect(missing?.message == "\(model.path): tensor x is missing")
        let mismatch = #expect(throws: FormatError.self) { try model.requiredTensor("f32.weight", shape: [64, 6]) }
        #expect(mismatch?.message == "\(model.path): tensor f32.weight: expected shape [64, 6], found [64, 5]")
    }

    @Test func notAFile() throws {
        let folder = try TemporaryFolder()
        for (name, bytes) in [("a.gguf", "GGML........"), ("a.txt", "hello world"), ("a.safetensors", "{}......")] {
            let path = try folder.write(Array(bytes.utf8), name)
            let error = #expect(throws: FormatError.self) { try ModelFile.open(path) }
            #expect(error?.message.hasPrefix(path) == true)
        }
        #expect(throws: FormatError(.system, "/nowhere: no such file or directory")) { try ModelFile.open("/nowhere") }
        #expect(throws: FormatError.self) { try ModelFile.open(folder.url.path) }
    }
}
