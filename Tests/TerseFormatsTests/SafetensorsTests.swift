import Foundation
import TerseJSON
import TerseTensor
import TestSupport
import Testing

@testable import TerseFormats

@Suite struct SafetensorsTests {
    @Test func readsWhatTheReferenceWrites() throws {
        let file = try SafetensorsFile(path: TestData.fixture("safetensors/types.safetensors"))
        #expect(file.metadata == ["format": "pt", "note": "größer"])
        let expected = try #require(try Expected.file("safetensors/types.safetensors").objectValue)
        #expect(Set(file.tensors.map(\.name)) == Set(expected.keys))
        for tensor in file.tensors {
            let value = try #require(expected[tensor.name])
            #expect(tensor.shape == value["shape"]?.arrayValue?.compactMap(\.intValue), "\(tensor.name)")
            let numbers = value["values"]?.arrayValue?.compactMap(\.doubleValue) ?? []
            #expect(Self.values(tensor) == numbers, "\(tensor.name)")
        }
    }

    private static func values(_ tensor: SafetensorsTensor) -> [Double] {
        let buffer = tensor.bytes.buffer
        func load<Raw: BitwiseCopyable>(_: Raw.Type, _ decode: (Raw) -> Double) -> [Double] {
            stride(from: 0, to: buffer.count, by: MemoryLayout<Raw>.size).map {
                decode(buffer.loadUnaligned(fromByteOffset: $0, as: Raw.self))
            }
        }
        return switch tensor.type {
        case .f32: load(Float.self) { Double($0) }
        case .f64: load(Double.self) { $0 }
        case .f16: load(Float16.self) { Double($0) }
        case .bf16: load(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
        case .u8: load(UInt8.self) { Double($0) }
        case .i8: load(Int8.self) { Double($0) }
        case .i32: load(Int32.self) { Double($0) }
        case .i64: load(Int64.self) { Double($0) }
        default: []
        }
    }

    @Test func writesWhatItReads() throws {
        let folder = try TemporaryFolder()
        let source = try SafetensorsFile(path: TestData.fixture("safetensors/types.safetensors"))
        try SafetensorsWriter.write(
            source.tensors, metadata: [("format", "pt"), ("note", "größer")], to: folder.path("a.safetensors"))
        let copy = try SafetensorsFile(path: folder.path("a.safetensors"))
        #expect(copy.metadata == source.metadata)
        for (a, b) in zip(source.tensors, copy.tensors) {
            #expect(a.name == b.name && a.type == b.type && a.shape == b.shape)
            #expect(a.bytes.buffer.elementsEqual(b.bytes.buffer))
        }
    }

    @Test func writesShardsWithAnIndex() throws {
        let folder = try TemporaryFolder()
        try folder.copy(TestData.fixture("huggingface/qwen3"), "m")
        let tensors = try SafetensorsFile(path: folder.path("m/model.safetensors")).tensors
        try SafetensorsWriter.write(tensors, directory: folder.path("m"), shardBytesMax: 50_000)
        try FileManager.default.removeItem(atPath: folder.path("m/model.safetensors"))
        let model = try ModelFile.open(folder.path("m"))
        let single = try ModelFile.open(TestData.fixture("huggingface/qwen3"))
        #expect(Set(model.tensors.map(\.name)) == Set(single.tensors.map(\.name)))
        for tensor in single.tensors {
            let found = try #require(try model.tensor(tensor.name))
            #expect(found.bytes.buffer.elementsEqual(try tensor.load().bytes.buffer))
        }
    }

    private func message(_ header: String, data: Int, length: UInt64? = nil) throws -> String? {
        let folder = try TemporaryFolder()
        var file = ByteBuilder()
        file.integer(length ?? UInt64(header.utf8.count))
        file.bytes += Array(header.utf8) + [UInt8](repeating: 0, count: data)
        let path = try folder.write(file.bytes, "a.safetensors")
        let error = #expect(throws: FormatError.self) { try SafetensorsFile(path: path) }
        return error.map { $0.message.replacing("\(path): ", with: "") }
    }

    private func tensor(_ name: String, _ begin: Int, _ end: Int, type: String = "U8", shape: String? = nil) -> String {
        "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape ?? "[\(end - begin)]"),\"data_offsets\":[\(begin),\(end)]}"
    }

    @Test func refusesBadFiles() throws {
        let a = tensor("a", 0, 4)
        #expect(
            try message("{\(a)}", data: 4, length: 1 << 40)?.contains("is 1099511627776, the limit is 100000000")
                == true)
        #expect(
            try message("{\(a)}", data: 4, length: 5000)?.hasPrefix("the length of the safetensors header is 5000, but")
                == true)
        #expect(try message("{\(a)}", data: 5) == "the tensors cover 4 bytes of the data, which has 5")
        #expect(try message("{\(a)}", data: 3) == "tensor a ends at 4 of the data, which has 3 bytes")
        #expect(try message("{\(a),\(a)}", data: 4)?.contains("safetensors header: line 1") == true)
        #expect(
            try message("{\(a),\(tensor("b", 2, 6))}", data: 6)
                == "tensor b starts at 2 where 4 was expected: tensors overlap")
        #expect(
            try message("{\(a),\(tensor("b", 5, 6))}", data: 6)
                == "tensor b starts at 5 where 4 was expected: a hole in the data")
        #expect(
            try message("{\(tensor("a", 0, 4, type: "F32", shape: "[2]"))}", data: 4)
                == "tensor a: F32 [2] takes 8 bytes, data_offsets give 4")
        #expect(
            try message("{\(tensor("a", 0, 4, shape: "[4611686018427387904,4611686018427387904]"))}", data: 4)?
                .contains("overflows") == true)
        #expect(try message("{\(tensor("a", 0, 4, type: "F4"))}", data: 4) == "tensor a: type \"F4\" is not known")
        #expect(
            try message("{\(tensor("a", 0, 4, shape: "[-4]"))}", data: 4)
                == "tensor a: shape: expected integers from 0, found -4")
        #expect(try message("[]", data: 0) == "the safetensors header must start with {")
        #expect(try message("{\"a\":3}", data: 0) == "tensor a: dtype is missing")
        #expect(
            try message("{\"__metadata__\":{\"x\":1}}", data: 0) == "__metadata__.x: expected a string, found number")
    }
}
