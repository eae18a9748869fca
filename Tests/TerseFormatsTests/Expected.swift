import TerseJSON
import TerseTensor
import TestSupport
import Testing

@testable import TerseFormats

/// What independent implementations read out of the fixtures: `Fixtures/expected.json`.
enum Expected {
    static func file(_ name: String) throws -> JSONValue {
        let bytes = try MappedFile(path: TestData.fixture("expected.json"))
        return try #require(try JSONValue.parse(bytes.buffer)[name], "expected.json has no \(name)")
    }

    /// Compares keys, types and values (of arrays the first eight).
    static func check(_ metadata: Metadata, against expected: JSONValue?) throws {
        for (key, field) in try #require(expected?.objectValue).members {
            let value = try #require(metadata[key], "\(key) is missing")
            let types = field["types"]?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect("\(value.type)" == types.first, "\(key)")
            guard let items = field["value"]?.arrayValue else {
                #expect(matches(value, field["value"]), "\(key): \(value.summary)")
                continue
            }
            let array = try #require(value.arrayValue)
            #expect("\(array.elementType)" == types.dropFirst().first, "\(key)")
            if let strings = array.strings {
                #expect(strings == items.compactMap(\.stringValue), "\(key)")
            } else if let bools = array.bools {
                #expect(bools == items.compactMap(\.boolValue), "\(key)")
            } else if let nested = array.arrays {
                #expect(nested.flatMap { $0.integers ?? [] } == items.compactMap(\.intValue), "\(key)")
            } else {
                #expect(array.floats == items.compactMap(\.doubleValue).map(Float.init), "\(key)")
            }
        }
    }

    private static func matches(_ value: MetadataValue, _ expected: JSONValue?) -> Bool {
        switch value {
        case .string(let text): text == expected?.stringValue
        case .bool(let bool): bool == expected?.boolValue
        case .float32(let number): number == (expected?.doubleValue).map(Float.init)
        case .uint64(let number): Double(number) == expected?.doubleValue
        default: value.numberValue == expected?.doubleValue
        }
    }

    /// Compares shape, first values and the weighted sum of the decoded values.
    static func check(_ tensor: Tensor, against expected: JSONValue?, _ name: String) throws {
        #expect(tensor.shape == expected?["shape"]?.arrayValue?.compactMap(\.intValue), "\(name)")
        let values = TestDecoding.values(of: tensor)
        let first = expected?["first"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        for (found, expected) in zip(values, first) {
            #expect(abs(Double(found) - expected) <= 1e-6 * abs(expected), "\(name): \(found), expected \(expected)")
        }
        var sum = 0.0
        var magnitude = 0.0
        for (index, value) in values.enumerated() {
            sum += Double(value) * Double(index % 97 + 1)
            magnitude += abs(Double(value)) * Double(index % 97 + 1)
        }
        let difference = abs(sum - (expected?["sum"]?.doubleValue ?? .nan))
        #expect(difference <= 1e-6 * magnitude, "\(name): weighted sum \(sum)")
    }
}
