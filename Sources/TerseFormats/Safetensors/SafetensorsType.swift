import TerseTensor

/// An element type of the safetensors format, by its spelling in the header.
public enum SafetensorsType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case f8E5M2 = "F8_E5M2"
    case f8E4M3 = "F8_E4M3"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case i64 = "I64"
    case u64 = "U64"
    case f64 = "F64"

    /// Bytes of one element.
    public var elementBytes: Int {
        switch self {
        case .bool, .u8, .i8, .f8E5M2, .f8E4M3: 1
        case .i16, .u16, .f16, .bf16: 2
        case .i32, .u32, .f32: 4
        case .i64, .u64, .f64: 8
        }
    }

    /// The tensor type with the same encoding, or nil when there is none.
    public var elementType: ElementType? {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        case .f64: .f64
        case .i8: .i8
        case .i16: .i16
        case .i32: .i32
        case .i64: .i64
        case .bool, .u8, .f8E5M2, .f8E4M3, .u16, .u32, .u64: nil
        }
    }

    /// The type with the same encoding as `type`, or nil when there is none.
    public init?(_ type: ElementType) {
        guard let match = Self.allCases.first(where: { $0.elementType == type }) else { return nil }
        self = match
    }
}
