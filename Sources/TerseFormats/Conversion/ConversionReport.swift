import TerseTensor

/// What a conversion did, tensor by tensor.
public struct ConversionReport: Sendable {
    /// One tensor.
    public struct Row: Sendable {
        /// Its GGUF name.
        public let name: String
        /// Extents, contiguous dimension first.
        public let shape: [Int]
        /// How it was encoded.
        public let sourceType: ElementType
        /// How it is encoded now.
        public let type: ElementType
        /// The type that the options asked for, when its rows are no whole number of that type's blocks.
        public let fellBackFrom: ElementType?
        /// Bytes of its data in the result.
        public let byteCount: Int

        /// `blk.0.ffn_down.weight: rows of 96 are no multiple of q4_k's block of 256: q5_0 instead`, or nil.
        public var fallbackMessage: String? {
            guard let wanted = fellBackFrom else { return nil }
            return "\(name): rows of \(shape.first ?? 1) are no multiple of \(wanted.name)'s block of "
                + "\(wanted.blockElements): \(type.name) instead"
        }
    }

    /// In the order of the result.
    public let rows: [Row]
    /// What the user should know, in sentences.
    public let notices: [String]
    /// The files written; empty for a plan.
    public internal(set) var paths: [String] = []

    /// The rows whose type is not the one asked for.
    public var fallbacks: [Row] { rows.filter { $0.fellBackFrom != nil } }

    /// Bytes of all tensors.
    public var byteCount: Int { rows.reduce(0) { $0 + $1.byteCount } }

    /// Bits for each weight of the matrices, scales of blocks included.
    public var bitsPerWeight: Double {
        let matrices = rows.filter { $0.shape.count > 1 }
        let elements = matrices.reduce(0) { $0 + $1.shape.reduce(1, *) }
        return elements == 0 ? 0 : Double(matrices.reduce(0) { $0 + $1.byteCount } * 8) / Double(elements)
    }
}
