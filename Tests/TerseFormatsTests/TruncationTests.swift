import Foundation
import TestSupport
import Testing

@testable import TerseFormats

/// A file cut at any byte is an error that names it.
@Suite struct TruncationTests {
    @Test(arguments: [
        ("gguf/aligned64.gguf", "a.gguf"), ("gguf/sharded-00003-of-00003.gguf", "a.gguf"),
        ("safetensors/types.safetensors", "a.safetensors"),
    ])
    func everyByte(fixture: String, name: String) throws {
        let folder = try TemporaryFolder()
        let bytes = try FuzzTests.bytes(fixture)
        // The padding after the last tensor is not missed.
        let needed = name.hasSuffix(".gguf") ? try Self.dataEnd(fixture) : bytes.count
        for count in 0..<needed {
            let path = try folder.write(Array(bytes[..<count]), name)
            do throws(FormatError) {
                if name.hasSuffix(".gguf") { _ = try GGUFFile(path: path) } else { _ = try SafetensorsFile(path: path) }
                Issue.record("accepted when cut at \(count)")
            } catch {
                if !error.message.hasPrefix(path) { Issue.record("cut at \(count): \(error.message)") }
            }
        }
    }

    private static func dataEnd(_ fixture: String) throws -> Int {
        let path = TestData.fixture(fixture)
        let file = try GGUFFile(path: path)
        let bytes = try FuzzTests.bytes(fixture).count
        let last = try #require(file.tensors.last?.tensor)
        let size = last.rows * last.rowBytes
        return bytes - (file.alignment - size % file.alignment) % file.alignment
    }

    @Test(arguments: 0...2) func llama2C(version: Int) throws {
        let folder = try TemporaryFolder()
        let bytes = try Llama2CFixture.file(version: version)
        for count in 0..<bytes.count where count < 300 || count % 41 == 0 || count > bytes.count - 8 {
            let path = try folder.write(Array(bytes[..<count]), "a.bin")
            let error = #expect(throws: FormatError.self, "cut at \(count)") { try ModelFile.open(path) }
            #expect(error?.message.hasPrefix(path) == true)
        }
    }

    @Test func shards() throws {
        let folder = try TemporaryFolder()
        for number in 1...3 {
            try folder.copy(
                TestData.fixture("gguf/sharded-0000\(number)-of-00003.gguf"), "m-0000\(number)-of-00003.gguf")
        }
        let bytes = try FuzzTests.bytes("gguf/sharded-00002-of-00003.gguf")
        for count in stride(from: 0, to: bytes.count - 64, by: 13) {
            try folder.write(Array(bytes[..<count]), "m-00002-of-00003.gguf")
            let error = #expect(throws: FormatError.self) { try ModelFile.open(folder.path("m-00001-of-00003.gguf")) }
            #expect(error?.message.contains("m-00002-of-00003.gguf") == true)
        }
    }
}
