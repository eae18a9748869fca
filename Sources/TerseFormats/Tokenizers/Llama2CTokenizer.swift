import TerseTensor
import TerseTokenizer

/// Reads llama2.c's tokenizer.bin: the longest token's bytes (int32), then for each token its score (float32), its
/// length (int32) and its bytes, in which spaces stand for SentencePiece's `▁`.
enum Llama2CTokenizer {
    /// Whether `bytes` are such records and nothing else.
    static func isLikely(_ bytes: UnsafeRawBufferPointer) -> Bool {
        (try? records(bytes, file: ""))?.tokens.count ?? 0 > 2
    }

    /// - Throws: `FormatError` naming the file and the record.
    static func definition(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> TokenizerDefinition {
        let (tokens, scores) = try records(bytes, file: file)
        guard tokens.count > 2 else {
            throw FormatError(.invalid, "\(file): \(tokens.count) tokens, expected at least 3 (unknown, begin, end)")
        }
        var definition = TokenizerDefinition(algorithm: .sentencePieceBPE, tokens: tokens, scores: scores)
        // llama2.c's own code has these ids and byte tokens at 3 to 258.
        definition.special.unknown = 0
        definition.special.bos = 1
        definition.special.eos = 2
        definition.kinds[0] = .unknown
        definition.kinds[1] = .control
        definition.kinds[2] = .control
        for id in 3..<max(3, min(259, tokens.count)) {
            if tokens[id].count == 6, tokens[id].starts(with: "<0x".utf8) { definition.kinds[id] = .byte }
        }
        definition.prefix = [1]
        definition.normalization = [
            .sentencePieceSpaces(SentencePieceSpaces(addsSpace: true, removesExtra: false))
        ]
        definition.byteFallback = true
        definition.decoding = DecodingRules(spelling: .metaspace, stripsLeadingSpace: true)
        definition.detectEndOfText()
        return definition
    }

    private static func records(
        _ bytes: UnsafeRawBufferPointer, file: String
    ) throws(FormatError) -> (tokens: ByteStrings, scores: [Double]) {
        var cursor = ByteCursor(bytes, file: file)
        _ = try cursor.read(Int32.self, "the length of the longest token")
        var tokens = ByteStrings()
        var scores: [Double] = []
        while cursor.remaining > 0 {
            guard tokens.count < TokenizerLimits.tokensMax else {
                throw FormatError(.limitExceeded, "\(file): more than \(TokenizerLimits.tokensMax) tokens")
            }
            let name = "token \(tokens.count)"
            let score = Float(bitPattern: try cursor.read(UInt32.self, "the score of \(name)"))
            let length = Int(try cursor.read(Int32.self, "the length of \(name)"))
            guard (0...TokenizerLimits.tokenBytesMax).contains(length) else {
                throw FormatError(
                    .invalid, "\(file): \(name) has \(length) bytes, expected 0 to \(TokenizerLimits.tokenBytesMax)")
            }
            let range = try cursor.skip(length, name)
            tokens.append(spelling(bytes[range], id: tokens.count))
            scores.append(Double(score))
        }
        return (tokens, scores)
    }

    /// SentencePiece's spelling of a token.
    private static func spelling(_ bytes: Slice<UnsafeRawBufferPointer>, id: Int) -> [UInt8] {
        // The exporting script puts newlines round the names of these two.
        if id == 1, bytes.elementsEqual("\n<s>\n".utf8) { return Array("<s>".utf8) }
        if id == 2, bytes.elementsEqual("\n</s>\n".utf8) { return Array("</s>".utf8) }
        var result: [UInt8] = []
        for byte in bytes {
            if byte == 0x20 { result.append(contentsOf: "▁".utf8) } else { result.append(byte) }
        }
        return result
    }
}
