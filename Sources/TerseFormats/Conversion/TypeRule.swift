import TerseTensor

/// Which type each tensor gets when a model is converted to one type.
///
/// - Vectors, norms and whatever is no `.weight` stay float32.
/// - Weight matrices get the type asked for.
/// - With a quantised type the head (`output.weight`, or the embedding where it is both) gets Q6_K, unless Q8_0 was
///   asked for, which it gets too; with a ternary type an embedding that is not also the head gets Q4_K.
/// - A row that is no whole number of a type's blocks falls back: Q4_K to Q5_0, Q5_K to Q5_1, Q6_K to Q8_0, ternary to
///   Q4_0, and what does not divide by 32 either to F16. The head falls back to Q8_0 when the type asked for does not
///   fit it.
///
/// These are the rules of llama.cpp's `llama-quantize` but for its mixtures: there Q4_K and Q5_K files give some
/// tensors more bits by their place.
struct TypeRule {
    let options: ConversionOptions
    let tiesEmbeddings: Bool

    struct Choice: Equatable {
        let type: ElementType
        let fellBackFrom: ElementType?
    }

    func choice(name: String, shape: [Int], source: ElementType) -> Choice {
        guard let target = options.type, source.isWeightType else {
            return Choice(type: source, fellBackFrom: nil)
        }
        guard shape.count > 1, name.hasSuffix(".weight"), !name.hasSuffix("_norm.weight") else {
            return Choice(type: .f32, fellBackFrom: nil)
        }
        let columns = shape[0]
        let isHead = name == "output.weight" || (tiesEmbeddings && name == "token_embd.weight")
        if isHead { return headChoice(target, columns: columns, isEmbedding: name == "token_embd.weight") }
        if name == "token_embd.weight" {
            return Self.fitting(options.embeddingType ?? (target.isTernary ? .q4K : target), columns: columns)
        }
        return Self.fitting(target, columns: columns)
    }

    private func headChoice(_ target: ElementType, columns: Int, isEmbedding: Bool) -> Choice {
        if let wanted = options.outputType ?? (isEmbedding ? options.embeddingType : nil) {
            return Self.fitting(wanted, columns: columns)
        }
        guard target.blockElements > 1 else { return Choice(type: target, fellBackFrom: nil) }
        if columns % target.blockElements != 0 {
            let choice = Self.fitting(.q8_0, columns: columns)
            return Choice(type: choice.type, fellBackFrom: target == choice.type ? nil : target)
        }
        return Self.fitting(target == .q8_0 ? .q8_0 : .q6K, columns: columns)
    }

    /// `type`, or what takes its place for rows of `columns`.
    static func fitting(_ type: ElementType, columns: Int) -> Choice {
        guard columns % type.blockElements != 0 else { return Choice(type: type, fellBackFrom: nil) }
        let smaller: ElementType =
            switch type {
            case .q4K: .q5_0
            case .q5K: .q5_1
            case .q6K: .q8_0
            case .tq1_0, .tq2_0: .q4_0
            default: .f16
            }
        return Choice(type: columns % smaller.blockElements == 0 ? smaller : .f16, fellBackFrom: type)
    }

    /// llama.cpp's number for a file of mostly this type (`general.file_type`).
    static func fileType(_ type: ElementType) -> UInt32? {
        switch type {
        case .f32: 0
        case .f16: 1
        case .q4_0: 2
        case .q4_1: 3
        case .q8_0: 7
        case .q5_0: 8
        case .q5_1: 9
        case .q4K: 14
        case .q5K: 16
        case .q6K: 18
        case .bf16: 32
        case .tq1_0: 36
        case .tq2_0: 37
        default: nil
        }
    }
}
