import Foundation
import TestSupport

@testable import TerseTensor

/// `Fixtures/codec.bin`: rows in every block format, made by gguf-py and ggml (see codec_fixtures.py).
struct CodecFixture {
    struct Part {
        let rows: Int
        let columns: Int
        let bytes: [UInt8]
        /// FNV-1a of the decoded float32 values.
        let decodedHash: UInt64
    }

    private(set) var parts: [ElementType: Part] = [:]

    init() throws {
        var rest = try Data(contentsOf: URL(filePath: TestData.fixture("codec.bin")))[...]
        _ = Self.line(&rest)
        while !rest.isEmpty {
            let fields = Self.line(&rest).split(separator: " ").map(String.init)
            let count = Int(fields[3])!
            parts[ElementType(name: fields[0])!] = Part(
                rows: Int(fields[1])!, columns: Int(fields[2])!, bytes: Array(rest.prefix(count)),
                decodedHash: UInt64(fields[4], radix: 16)!)
            rest = rest.dropFirst(count)
        }
    }

    /// The rows before encoding.
    var values: [Float] {
        parts[.f32]!.bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    static func hash(_ values: [Float]) -> UInt64 {
        values.withUnsafeBytes { $0.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }
    }

    private static func line(_ data: inout Data.SubSequence) -> String {
        let line = data.prefix { $0 != UInt8(ascii: "\n") }
        data = data.dropFirst(line.count + 1)
        return String(decoding: line, as: UTF8.self)
    }
}
