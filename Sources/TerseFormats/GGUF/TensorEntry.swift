import TerseTensor

/// A tensor as a GGUF header announces it: name, shape, type and where its data lies.
struct TensorEntry {
    /// A name's length, a dimension count, a type and an offset.
    static let bytesMin = 8 + 4 + 4 + 8

    let name: String
    /// Extents, contiguous dimension first.
    let shape: [Int]
    let type: ElementType
    /// Bytes from the start of the data section.
    let offset: Int
    /// Bytes of data, the scale that follows an I2_S tensor included.
    let byteCount: Int

    init(reading cursor: inout ByteCursor, index: Int) throws(FormatError) {
        let file = cursor.file
        let name = try cursor.readString(max: GGUFLimits.tensorNameBytesMax, "the name of tensor \(index)")
        guard !name.isEmpty else { throw FormatError(.invalid, "\(file): tensor \(index) has no name") }
        self.name = name
        shape = try Self.readShape(&cursor, name)
        type = try Self.readType(&cursor, name)
        let offset = try cursor.read(UInt64.self, "the offset of tensor \(name)")
        guard let offset = Int(exactly: offset) else {
            throw FormatError(.invalid, "\(file): tensor \(name): offset \(offset) lies outside any file")
        }
        self.offset = offset
        byteCount = try Self.byteCount(type, shape, "\(file): tensor \(name)")
    }

    /// Bytes of data, the scale that follows an I2_S tensor included; errors begin with `what`.
    static func byteCount(
        _ type: ElementType, _ shape: [Int], _ what: @autoclosure () -> String
    ) throws(FormatError) -> Int {
        let size: Int
        do { size = try Tensor.byteCount(type: type, shape: shape) } catch {
            throw FormatError(.invalid, "\(what()): \(error.message)")
        }
        let (total, overflow) = size.addingReportingOverflow(type == .i2S ? I2SLayout.trailerBytes : 0)
        guard !overflow else { throw FormatError(.invalid, "\(what()): shape \(shape) overflows") }
        return total
    }

    private static func readShape(_ cursor: inout ByteCursor, _ name: String) throws(FormatError) -> [Int] {
        let dimensions = try cursor.read(UInt32.self, "the dimension count of tensor \(name)")
        guard dimensions <= GGUFLimits.dimensionsMax else {
            throw FormatError(
                .limitExceeded,
                "\(cursor.file): tensor \(name) has \(dimensions) dimensions, the limit is \(GGUFLimits.dimensionsMax)")
        }
        var shape: [Int] = []
        for _ in 0..<dimensions {
            let extent = try cursor.read(UInt64.self, "the shape of tensor \(name)")
            guard let extent = Int(exactly: extent), extent > 0 else {
                throw FormatError(.invalid, "\(cursor.file): tensor \(name) has an extent of \(extent)")
            }
            shape.append(extent)
        }
        return shape
    }

    private static func readType(_ cursor: inout ByteCursor, _ name: String) throws(FormatError) -> ElementType {
        let raw = try cursor.read(UInt32.self, "the type of tensor \(name)")
        guard let type = ElementType(rawValue: raw) else {
            let known = unsupportedTypes[raw].map { " (\($0))" } ?? ""
            let supported = ElementType.allCases.map(\.name).joined(separator: ", ")
            throw FormatError(
                .unsupported, "\(cursor.file): tensor \(name) has type \(raw)\(known); supported are \(supported)")
        }
        return type
    }

    /// Names of type numbers that files in circulation carry and this program does not read.
    private static let unsupportedTypes: [UInt32: String] = [
        4: "q4_2, removed from ggml", 5: "q4_3, removed from ggml", 9: "q8_1", 10: "q2_k", 11: "q3_k", 15: "q8_k",
        16: "iq2_xxs", 17: "iq2_xs", 18: "iq3_xxs", 19: "iq1_s", 20: "iq4_nl", 21: "iq3_s", 22: "iq2_s", 23: "iq4_xs",
        29: "iq1_m", 31: "q4_0_4_4, removed from ggml", 32: "q4_0_4_8, removed from ggml",
        33: "q4_0_8_8, removed from ggml", 37: "bitnet.cpp's i8_s", 38: "bitnet.cpp's tl1",
        39: "bitnet.cpp's tl2 or ggml's mxfp4", 40: "nvfp4",
    ]
}
