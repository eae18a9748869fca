import TerseTensor
import TerseTokenizer

/// Reads a SentencePiece model: a protocol buffer `ModelProto` (sentencepiece_model.proto) of the kinds BPE and unigram.
struct SentencePieceFile {
    private var tokens = ByteStrings()
    private var scores: [Double] = []
    private var kinds: [TokenKind] = []
    private var trainer = Trainer()
    private var normalizer = Normalizer()

    /// The fields of `TrainerSpec` that matter here, with their defaults.
    private struct Trainer {
        var modelType = 1
        var unknown = 0
        var bos = 1
        var eos = 2
        var padding = -1
        var byteFallback = false
        var spaceIsSuffix = false
    }

    /// The fields of `NormalizerSpec` that matter here, with their defaults.
    private struct Normalizer {
        var charsmap: [UInt8] = []
        var addsSpace = true
        var removesExtra = true
        var escapes = true
    }

    /// Whether `bytes` begin as a `ModelProto` does: with a piece.
    static func isLikely(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var reader = ProtobufReader(bytes, file: "")
        guard let field = try? reader.next(), field.number == 1, case .bytes(let piece) = field.value else {
            return false
        }
        var inner = ProtobufReader(piece, file: "")
        guard let first = try? inner.next(), first.number == 1, case .bytes = first.value else { return false }
        return true
    }

    /// - Throws: `FormatError` naming the file, the field and what is wrong.
    static func definition(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> TokenizerDefinition {
        var model = SentencePieceFile()
        var reader = ProtobufReader(bytes, file: file)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let piece)): try model.readPiece(piece, file: file)
            case (2, .bytes(let trainer)): try model.readTrainer(trainer, file: file)
            case (3, .bytes(let normalizer)): try model.readNormalizer(normalizer, file: file)
            default: continue
            }
        }
        return try model.definition(file: file)
    }

    private mutating func readPiece(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) {
        guard tokens.count < TokenizerLimits.tokensMax else {
            throw FormatError(.limitExceeded, "\(file): more than \(TokenizerLimits.tokensMax) pieces")
        }
        var text = UnsafeRawBufferPointer(rebasing: bytes[..<0])
        var score: Float = 0
        var kind = TokenKind.normal
        var reader = ProtobufReader(bytes, file: file)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let value)): text = value
            case (2, .fixed32(let bits)): score = Float(bitPattern: bits)
            case (3, .varint(let value)): kind = Int32(exactly: value).flatMap(TokenKind.init) ?? .undefined
            default: continue
            }
        }
        guard text.count <= TokenizerLimits.tokenBytesMax else {
            throw FormatError(
                .limitExceeded,
                "\(file): piece \(tokens.count): \(text.count) bytes, the limit is \(TokenizerLimits.tokenBytesMax)")
        }
        tokens.append(text)
        scores.append(Double(score))
        kinds.append(kind)
    }

    private mutating func readTrainer(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) {
        var reader = ProtobufReader(bytes, file: file)
        while let field = try reader.next() {
            guard case .varint(let raw) = field.value else { continue }
            let value = Int(Int32(truncatingIfNeeded: raw))
            switch field.number {
            case 3: trainer.modelType = value
            case 24: trainer.spaceIsSuffix = value != 0
            case 35: trainer.byteFallback = value != 0
            case 40: trainer.unknown = value
            case 41: trainer.bos = value
            case 42: trainer.eos = value
            case 43: trainer.padding = value
            default: continue
            }
        }
    }

    private mutating func readNormalizer(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) {
        var reader = ProtobufReader(bytes, file: file)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (2, .bytes(let map)):
                guard map.count <= TokenizerLimits.charsmapBytesMax else {
                    throw FormatError(
                        .limitExceeded,
                        "\(file): normalizer_spec.precompiled_charsmap: \(map.count) bytes, "
                            + "the limit is \(TokenizerLimits.charsmapBytesMax)")
                }
                normalizer.charsmap = Array(map)
            case (3, .varint(let value)): normalizer.addsSpace = value != 0
            case (4, .varint(let value)): normalizer.removesExtra = value != 0
            case (5, .varint(let value)): normalizer.escapes = value != 0
            default: continue
            }
        }
    }

    private func definition(file: String) throws(FormatError) -> TokenizerDefinition {
        let algorithm: TokenizerDefinition.Algorithm
        switch trainer.modelType {
        case 1: algorithm = .unigram
        case 2: algorithm = .sentencePieceBPE
        default:
            throw FormatError(
                .unsupported,
                "\(file): trainer_spec.model_type is \(trainer.modelType), known are 1 (unigram) and 2 (BPE)")
        }
        var definition = TokenizerDefinition(algorithm: algorithm, tokens: tokens, scores: scores, kinds: kinds)
        definition.roundsScoreSums = true
        definition.special.unknown = try id(trainer.unknown, "unk_id", file)
        definition.special.bos = try id(trainer.bos, "bos_id", file)
        definition.special.eos = try id(trainer.eos, "eos_id", file)
        definition.special.padding = try id(trainer.padding, "pad_id", file)
        if !normalizer.charsmap.isEmpty { definition.normalization.append(.charsmap(normalizer.charsmap)) }
        definition.normalization.append(
            .sentencePieceSpaces(
                SentencePieceSpaces(
                    addsSpace: normalizer.addsSpace, atEnd: trainer.spaceIsSuffix,
                    removesExtra: normalizer.removesExtra, escapes: normalizer.escapes, spansUserDefined: true)))
        definition.byteFallback = trainer.byteFallback
        definition.fusesUnknown = true
        definition.decoding = DecodingRules(
            spelling: .metaspace, stripsLeadingSpace: normalizer.addsSpace && !trainer.spaceIsSuffix)
        // The file does not say what goes round a text; llama's models begin it, T5's end it.
        if algorithm == .sentencePieceBPE {
            definition.prefix = definition.special.bos.map { [$0] } ?? []
        } else {
            definition.suffix = definition.special.eos.map { [$0] } ?? []
        }
        definition.detectEndOfText()
        return definition
    }

    /// Nil for -1, which says that there is none.
    private func id(_ value: Int, _ name: String, _ file: String) throws(FormatError) -> Int32? {
        if value < 0 { return nil }
        guard value < tokens.count else {
            throw FormatError(
                .invalid, "\(file): trainer_spec.\(name) is \(value), but piece ids go from 0 to \(tokens.count - 1)")
        }
        return Int32(value)
    }
}
