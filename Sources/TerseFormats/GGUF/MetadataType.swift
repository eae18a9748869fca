/// The type of a GGUF metadata value. Raw values are the file's own.
public enum MetadataType: UInt32, Sendable, CaseIterable {
    case uint8 = 0
    case int8 = 1
    case uint16 = 2
    case int16 = 3
    case uint32 = 4
    case int32 = 5
    case float32 = 6
    case bool = 7
    case string = 8
    case array = 9
    case uint64 = 10
    case int64 = 11
    case float64 = 12

    /// Bytes of one value, or nil for strings and arrays, which say their own length.
    var fixedSize: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }

    /// The least number of bytes that one value takes in a file.
    var sizeMin: Int {
        switch self {
        case .string: 8  // a length
        case .array: 12  // an element type and a count
        default: fixedSize ?? 1
        }
    }
}
