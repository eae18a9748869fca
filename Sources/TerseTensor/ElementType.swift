import CTerseKernels

/// How the elements of a tensor are encoded. Raw values are GGUF's type numbers.
///
/// Block layouts are those of `terse_types.h`; `i2S` is bitnet.cpp's, whose single float32 scale follows the data.
public enum ElementType: UInt32, Sendable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q4K = 12
    case q5K = 13
    case q6K = 14
    case i8 = 24
    case i16 = 25
    case i32 = 26
    case i64 = 27
    case f64 = 28
    case bf16 = 30
    case tq1_0 = 34
    case tq2_0 = 35
    case i2S = 36

    /// The spelling used in file type names and on the command line: `q4_0`, `q4_k`, `tq2_0`, …
    public var name: String {
        switch self {
        case .f32: "f32"
        case .f16: "f16"
        case .q4_0: "q4_0"
        case .q4_1: "q4_1"
        case .q5_0: "q5_0"
        case .q5_1: "q5_1"
        case .q8_0: "q8_0"
        case .q4K: "q4_k"
        case .q5K: "q5_k"
        case .q6K: "q6_k"
        case .i8: "i8"
        case .i16: "i16"
        case .i32: "i32"
        case .i64: "i64"
        case .f64: "f64"
        case .bf16: "bf16"
        case .tq1_0: "tq1_0"
        case .tq2_0: "tq2_0"
        case .i2S: "i2_s"
        }
    }

    /// The type with this `name`, in any letter case.
    public init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name == name.lowercased() }) else { return nil }
        self = match
    }

    /// Elements in one block: the number that a row's length must be a multiple of.
    public var blockElements: Int {
        switch self {
        case .f32, .f16, .bf16, .i8, .i16, .i32, .i64, .f64: 1
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
        case .q4K, .q5K, .q6K, .tq1_0, .tq2_0: 256
        case .i2S: 128
        }
    }

    /// Bytes in one block.
    public var blockBytes: Int {
        switch self {
        case .f32, .i32: 4
        case .f16, .bf16, .i16: 2
        case .i8: 1
        case .i64, .f64: 8
        case .q4_0: MemoryLayout<terse_block_q4_0>.size
        case .q4_1: MemoryLayout<terse_block_q4_1>.size
        case .q5_0: MemoryLayout<terse_block_q5_0>.size
        case .q5_1: MemoryLayout<terse_block_q5_1>.size
        case .q8_0: MemoryLayout<terse_block_q8_0>.size
        case .q4K: MemoryLayout<terse_block_q4_k>.size
        case .q5K: MemoryLayout<terse_block_q5_k>.size
        case .q6K: MemoryLayout<terse_block_q6_k>.size
        case .tq1_0: MemoryLayout<terse_block_tq1_0>.size
        case .tq2_0: MemoryLayout<terse_block_tq2_0>.size
        case .i2S: 32
        }
    }

    /// Whether weights of this type can be multiplied; the others (integers, f64) are only carried.
    public var isWeightType: Bool {
        switch self {
        case .i8, .i16, .i32, .i64, .f64: false
        default: true
        }
    }

    /// Whether every weight is −1, 0 or +1 times a scale.
    public var isTernary: Bool { self == .tq1_0 || self == .tq2_0 || self == .i2S }

    /// Bytes of a row of `elements`, or nil when the length is no multiple of the block or the size overflows.
    public func rowBytes(elements: Int) -> Int? {
        guard elements >= 0, elements % blockElements == 0 else { return nil }
        let (bytes, overflow) = (elements / blockElements).multipliedReportingOverflow(by: blockBytes)
        return overflow ? nil : bytes
    }
}
