import TerseFormats
import Testing

@testable import TerseTokenizer

/// Tokens spelled out in a text, what goes round a text, and what ends one.
@Suite struct SpecialTokenTests {
    /// Bytes as tokens 0 to 255 and the names behind them.
    static func definition(_ names: [(String, TokenKind)] = []) -> TokenizerDefinition {
        var tokens = ByteStrings()
        for byte in UInt8.min ... .max { tokens.append(ByteAlphabet.spell([byte])) }
        for (name, _) in names { tokens.append(name.utf8) }
        var definition = TokenizerDefinition(
            algorithm: .byteLevelBPE(MergeRules(left: ByteStrings(), right: ByteStrings())), tokens: tokens)
        for (index, (_, kind)) in names.enumerated() { definition.kinds[256 + index] = kind }
        definition.preTokenization = [.isolate(.gpt2)]
        return definition
    }

    static func bytes(_ text: String) -> [Int32] { text.utf8.map { Int32($0) } }

    @Test func controlTokensOnlyWhenAsked() throws {
        let tokenizer = try Tokenizer(Self.definition([("<|end|>", .control), ("<tool>", .userDefined)]))
        #expect(tokenizer.encode("a<|end|>") == Self.bytes("a<|end|>"))
        #expect(tokenizer.encode("a<|end|>b", parseSpecial: true) == [97, 256, 98])
        #expect(tokenizer.encode("<tool>x") == [257, 120])
        #expect(tokenizer.encode("<tool><|end|>", parseSpecial: true) == [257, 256])
    }

    @Test func longestFirst() throws {
        let tokenizer = try Tokenizer(
            Self.definition([("<a>", .control), ("<a><b>", .control), ("<b>", .control), ("<a", .control)]))
        #expect(tokenizer.encode("<a><b><a><a<b>", parseSpecial: true) == [257, 256, 259, 258])
    }

    @Test func whitespaceIsTakenAlong() throws {
        var definition = Self.definition([("<l>", .control), ("<r>", .control), ("word", .userDefined)])
        definition.traits = [
            256: TokenTraits(stripsLeft: true), 257: TokenTraits(stripsRight: true), 258: TokenTraits(singleWord: true),
        ]
        let tokenizer = try Tokenizer(definition)
        #expect(tokenizer.encode("a \u{3000}<l> b", parseSpecial: true) == [97, 256, 32, 98])
        #expect(tokenizer.encode("a <r> \n b", parseSpecial: true) == [97, 32, 257, 98])
        #expect(tokenizer.encode("a word.") == [97, 32, 258, 46])
        #expect(tokenizer.encode("words") == Self.bytes("words"))
        #expect(tokenizer.encode("swordé") == Self.bytes("swordé"))
    }

    @Test func beginningAndEnd() throws {
        var definition = Self.definition([("<s>", .control), ("</s>", .control)])
        definition.special.bos = 256
        definition.special.eos = 257
        var tokenizer = try Tokenizer(definition)
        #expect(tokenizer.encode("a", addSpecial: true) == [97])
        #expect(tokenizer.encode("a", forceBOS: true) == [256, 97])
        definition.prefix = [256]
        definition.suffix = [257]
        #expect(definition.addsBOS && definition.addsEOS)
        tokenizer = try Tokenizer(definition)
        #expect(tokenizer.encode("a", addSpecial: true) == [256, 97, 257])
        #expect(tokenizer.encode("a", addSpecial: true, forceBOS: true) == [256, 97, 257])
        #expect(tokenizer.encode("") == [])
        #expect(tokenizer.encode("", addSpecial: true) == [256, 257])
    }

    @Test func endOfTextByName() {
        var definition = Self.definition([
            ("<|im_end|>", .control), ("<|endoftext|>", .normal), ("<|eom_id|>", .control), ("<|end|>", .userDefined),
        ])
        var lenient = definition
        definition.detectEndOfText()
        #expect(definition.endOfText == [256, 258, 259])
        #expect(definition.special.eot == 256)
        #expect(definition.special.eom == 258)
        lenient.detectEndOfText(amongNormal: true)
        #expect(lenient.endOfText == [256, 257, 258, 259])
        #expect(lenient.kinds[257] == .control)
    }

    /// gpt-oss and its like: `<|end|>` ends a message there, not an answer.
    @Test func endIsNoEndWhereFinerOnesExist() {
        var definition = Self.definition([("<|return|>", .control), ("<|call|>", .control), ("<|end|>", .control)])
        definition.detectEndOfText()
        #expect(definition.endOfText == [256, 257])
        #expect(definition.kinds[258] == .userDefined)
    }
}
