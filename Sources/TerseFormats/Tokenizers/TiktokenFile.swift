import Foundation
import TerseTokenizer

/// Reads tiktoken's files of ranks: on each line a token in base64 and its rank. Neither special tokens nor the
/// pre-tokenisation are in the file; the vocabularies that are published this way are known by their size.
struct TiktokenFile {
    /// A vocabulary that is published as ranks.
    private struct Published {
        let preTokenizer: String
        let specialTokens: [String]
        var bos: String?
        var eos: String?
        var addsBOS = false
    }

    /// Base64 of the longest token, a space and a rank.
    private static let lineBytesMax = TokenizerLimits.tokenBytesMax / 3 * 4 + 32

    /// Whether `bytes` begin with a line of base64 and a number.
    static func isLikely(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let head = bytes.prefix(4_096)
        guard let line = head.split(separator: UInt8(ascii: "\n"), maxSplits: 1).first else { return false }
        return (try? parse(line, number: 1, file: "")) != nil
    }

    /// - Throws: `FormatError` naming the file and the line.
    static func definition(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> TokenizerDefinition {
        let ranked = try read(bytes, file: file)
        let published = published(ranked.count)
        var tokens = ByteStrings()
        tokens.reserveCapacity(ranked.count + published.specialTokens.count, bytes: ranked.byteCount * 2)
        for rank in 0..<ranked.count { tokens.append(ByteAlphabet.spell(ranked[rank])) }
        for name in published.specialTokens { tokens.append(name.utf8) }
        let rules: MergeRules
        do { rules = try MergeRules(ranked: ranked) } catch { throw FormatError(error, file: file) }
        var definition = TokenizerDefinition(algorithm: .byteLevelBPE(rules), tokens: tokens)
        for id in ranked.count..<tokens.count { definition.kinds[id] = .control }
        let named: NamedPreTokenizer
        do { named = try NamedPreTokenizer.named(published.preTokenizer) } catch {
            throw FormatError(error, file: file)
        }
        definition.preTokenization = named.steps
        definition.preTokenizerName = published.preTokenizer
        func id(_ name: String?) -> Int32? {
            name.flatMap(published.specialTokens.firstIndex).map { Int32(ranked.count + $0) }
        }
        definition.special.bos = id(published.bos)
        definition.special.eos = id(published.eos)
        if published.addsBOS, let bos = definition.special.bos { definition.prefix = [bos] }
        definition.detectEndOfText()
        return definition
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> ByteStrings {
        var tokens = ByteStrings()
        tokens.reserveCapacity(min(bytes.count / 16, TokenizerLimits.tokensMax), bytes: bytes.count / 2)
        var number = 0
        var rest = bytes[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[line.endIndex...].dropFirst()
            number += 1
            if line.isEmpty { continue }
            let (token, rank) = try parse(line, number: number, file: file)
            guard rank == tokens.count else {
                throw FormatError(.invalid, "\(file): line \(number): rank \(rank), expected \(tokens.count)")
            }
            guard tokens.count < TokenizerLimits.tokensMax else {
                throw FormatError(.limitExceeded, "\(file): more than \(TokenizerLimits.tokensMax) tokens")
            }
            tokens.append(token)
        }
        return tokens
    }

    private static func parse(
        _ line: Slice<UnsafeRawBufferPointer>, number: Int, file: String
    ) throws(FormatError) -> (token: Data, rank: Int) {
        let line = line.last == 0x0D ? line.dropLast() : line
        let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard line.count <= lineBytesMax, parts.count == 2, let token = Data(base64Encoded: Data(parts[0])),
            !token.isEmpty, let rank = Int(String(decoding: parts[1], as: UTF8.self)), rank >= 0
        else {
            throw FormatError(
                .invalid,
                "\(file): line \(number) is \"\(String(decoding: line.prefix(40), as: UTF8.self))\", expected base64, a space and a rank"
            )
        }
        return (token, rank)
    }

    private static func published(_ count: Int) -> Published {
        switch count {
        case 128_000: llama3
        case 50_256:
            Published(
                preTokenizer: "gpt-2", specialTokens: ["<|endoftext|>"], bos: "<|endoftext|>", eos: "<|endoftext|>")
        case 151_643:
            Published(
                preTokenizer: "qwen2", specialTokens: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
                eos: "<|endoftext|>")
        case 199_998: Published(preTokenizer: "gpt-4o", specialTokens: [])
        default: Published(preTokenizer: "dbrx", specialTokens: [])
        }
    }

    /// The 256 special tokens of Llama 3.1, which keep those of Llama 3 in their places.
    private static let llama3: Published = {
        let named: [Int: String] = [
            0: "<|begin_of_text|>", 1: "<|end_of_text|>", 4: "<|finetune_right_pad_id|>", 6: "<|start_header_id|>",
            7: "<|end_header_id|>", 8: "<|eom_id|>", 9: "<|eot_id|>", 10: "<|python_tag|>",
        ]
        var reserved = 0
        let tokens = (0..<256).map { index in
            if let name = named[index] { return name }
            defer { reserved += 1 }
            return "<|reserved_special_token_\(reserved)|>"
        }
        return Published(
            preTokenizer: "llama-bpe", specialTokens: tokens, bos: "<|begin_of_text|>", eos: "<|end_of_text|>",
            addsBOS: true)
    }()
}
