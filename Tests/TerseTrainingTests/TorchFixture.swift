import Foundation
import TerseJSON
import TerseTensor
import TestSupport

@testable import TerseTraining

/// What PyTorch computed (Fixtures/make_fixtures.py), and the numbers it was given.
enum TorchFixture {
    static func json(_ name: String) throws -> JSONValue {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        return try JSONValue.parse(Data(contentsOf: folder.appending(path: name)))
    }

    static func numbers(_ value: JSONValue?) -> [Double] { value?.arrayValue?.compactMap(\.doubleValue) ?? [] }

    /// Number `index` of a stream in −1…1.
    static func uniform(_ stream: Int, _ index: Int) -> Double {
        var random = SplitMix64(seed: UInt64(stream) << 32 + UInt64(index))
        return Double(random.next() >> 11) * 0x1p-52 - 1
    }

    /// `count` tokens below `vocabulary`.
    static func tokens(_ stream: Int, count: Int, vocabulary: UInt64) -> [Int32] {
        (0..<count).map { index in
            var random = SplitMix64(seed: UInt64(stream) << 32 + UInt64(index))
            return Int32(random.next() % vocabulary)
        }
    }

    /// Weights as the script draws them, parameter by parameter.
    static func fill(_ parameters: ParameterSet<Float>) {
        for (stream, parameter) in parameters.layout.parameters.enumerated() {
            for index in 0..<parameter.count {
                let value = Float(uniform(stream, index))
                parameters.weights[parameter.offset + index] = parameter.role == .norm ? 1 + 0.1 * value : 0.2 * value
            }
        }
        parameters.weightsChanged()
    }
}
