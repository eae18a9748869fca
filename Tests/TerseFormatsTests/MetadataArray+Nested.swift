@testable import TerseFormats

extension MetadataArray {
    /// The elements when they are truth values; nil otherwise.
    var bools: [Bool]? { elementType == .bool ? payload.buffer.map { $0 != 0 } : nil }

    /// The inner arrays; nil when the elements are no arrays.
    var arrays: [MetadataArray]? {
        guard elementType == .array else { return nil }
        var cursor = ByteCursor(payload.buffer, file: "")
        return (0..<count).compactMap { _ in
            try? GGUFReader.readArray(&cursor, depth: 0, owner: payload, what: "")
        }
    }
}
