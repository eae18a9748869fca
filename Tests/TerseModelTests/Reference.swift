import Foundation
import TestSupport
import Testing

@testable import TerseModel

/// Logits computed by independent programs, committed under Fixtures with the scripts that made them.
enum Reference {
    /// A random model of `manifest.json`.
    struct RandomModel: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let tokens: [Int32]
        let vocabulary: Int
        /// Mean KL(float64 reference || llama.cpp), or bitnet.cpp where upstream cannot read the file.
        let llamaKL: Double?
        /// Mean KL(float64 reference || the same with activations rounded to int8 per token).
        let int8ActivationsKL: Double?

        enum CodingKeys: String, CodingKey {
            case name, tokens, vocabulary
            case llamaKL = "llama_cpp_kl"
            case int8ActivationsKL = "int8_activations_kl"
        }

        var testDescription: String { name }
    }

    /// A Hugging Face directory's `expected.json`.
    struct Directory: Decodable, Sendable {
        let tokens: [Int32]
        let int8ActivationsKL: Double?

        enum CodingKeys: String, CodingKey {
            case tokens
            case int8ActivationsKL = "int8_activations_kl"
        }
    }

    private struct Manifest: Decodable {
        let models: [RandomModel]
    }

    static func randomModels() throws -> [RandomModel] {
        try decode(Manifest.self, "manifest.json").models
    }

    static func directory(_ name: String) throws -> Directory {
        try decode(Directory.self, "HuggingFace/\(name)/expected.json")
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: TestData.fixture(name))))
    }

    /// Little-endian float32 logits of a fixture.
    static func logits(_ name: String) throws -> [Float] {
        let data = try Data(contentsOf: URL(fileURLWithPath: TestData.fixture(name)))
        return data.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }

    /// Mean over positions of KL(reference || other), in nats.
    static func divergence(_ reference: [Float], _ other: [Float], vocabulary: Int) -> Double {
        let positions = reference.count / vocabulary
        var sum = 0.0
        for position in 0..<positions {
            let range = position * vocabulary..<(position + 1) * vocabulary
            let (p, q) = (logSoftmax(reference[range]), logSoftmax(other[range]))
            for index in 0..<vocabulary { sum += exp(p[index]) * (p[index] - q[index]) }
        }
        return sum / Double(positions)
    }

    private static func logSoftmax(_ logits: ArraySlice<Float>) -> [Double] {
        let largest = Double(logits.max()!)
        let shifted = logits.map { Double($0) - largest }
        let total = log(shifted.reduce(0) { $0 + exp($1) })
        return shifted.map { $0 - total }
    }
}
