import Foundation
import TerseFormats
import TestSupport
import Testing

@testable import TerseTokenizer

/// Definitions that contradict themselves are refused with both sides; those that are merely odd behave as stated.
@Suite struct HostileDefinitionTests {
    private func message(_ change: (inout TokenizerDefinition) -> Void) -> String {
        var definition = SpecialTokenTests.definition([("<s>", .control)])
        change(&definition)
        do {
            _ = try Tokenizer(definition)
            return ""
        } catch { return error.message }
    }

    @Test func countsMustAgree() {
        #expect(message { $0.scores = [1, 2] } == "scores: 2 for 257 tokens")
        #expect(message { $0.kinds.removeLast() } == "token types: 256 for 257 tokens")
        #expect(
            message {
                $0.tokens = ByteStrings(); $0.kinds = []
            } == "tokens: the vocabulary is empty")
        #expect(message { $0.scores = Array(repeating: .nan, count: 257) }.hasPrefix("scores: that of token 0 is nan"))
        let one = ByteStrings(["a"])
        #expect(
            message { $0.algorithm = .byteLevelBPE(MergeRules(left: one, right: ByteStrings())) }
                == "merges: 1 left sides and 0 right sides")
    }

    @Test func idsMustExist() {
        #expect(message { $0.special.bos = 257 } == "beginning-of-text token: id 257, but ids go from 0 to 256")
        #expect(message { $0.prefix = [-1] } == "token put before a text: id -1, but ids go from 0 to 256")
        #expect(message { $0.endOfText = [400] } == "end-of-text token: id 400, but ids go from 0 to 256")
        #expect(message { $0.traits[999] = TokenTraits() } == "token with traits: id 999, but ids go from 0 to 256")
    }

    @Test func algorithmsNeedTheirParts() {
        #expect(message { $0.algorithm = .sentencePieceBPE }.hasPrefix("scores: none"))
        #expect(
            message {
                $0.algorithm = .unigram; $0.scores = Array(repeating: 0, count: 257)
            }.hasPrefix("unknown token"))
        let rules = WordPieceRules(wordPrefix: "", continuationPrefix: "##", wordCharactersMax: 100)
        #expect(message { $0.algorithm = .wordPiece(rules) }.hasPrefix("unknown token"))
        #expect(message { $0.normalization = [.replace("", with: "x")] }.hasPrefix("normalisation: replaces the empty"))
        #expect(message { $0.normalization = [.charsmap([1, 2])] }.hasPrefix("character map: 2 bytes"))
        #expect(
            message { $0.normalization = [.charsmap([9, 0, 0, 0, 1])] }.hasPrefix("character map: its trie takes 9"))
    }

    /// A step that makes text sixteen times as long is harmless, a chain of them is not.
    @Test func growthIsBounded() {
        let sixteen = NormalizationStep.replace("a", with: String(repeating: "a", count: 16))
        #expect(message { $0.normalization = [sixteen, .nfc, .prepend("▁")] } == "")
        #expect(
            message { $0.normalization = Array(repeating: sixteen, count: 4) }
                == "normalisation step 3 (replace \"a\"): text may become 65536 times as long, at most 4096 times")
        let marks = PreTokenizationStep.metaspace(replacement: "▁", prepend: .always, splits: false)
        #expect(
            message { $0.preTokenization = Array(repeating: marks, count: 7) }
                == "pre-tokenisation step 6 (metaspace): text may become 16384 times as long, at most 4096 times")
    }

    /// Each token sought in normalised text is normalised when the tokenizer is made.
    @Test func normalizedTokensAreBounded() {
        let found = message {
            $0.normalization = [.replace("a", with: String(repeating: "a", count: 4_096))]
            for id in Int32(256)..<262 {
                $0.tokens.append([UInt8](repeating: 0x61, count: 65_000))
                $0.kinds.append(.userDefined)
                $0.traits[id] = TokenTraits(normalized: true)
            }
        }
        #expect(found.hasPrefix("tokens sought in normalised text: "), "\(found)")
    }

    /// Rules by ranks are made of every way to cut a token into two tokens: their bytes grow with the cube of a
    /// hostile file's longest token.
    @Test func rulesByRankAreBounded() throws {
        let tokens = ByteStrings((1...200).map { String(repeating: "a", count: $0) })
        #expect(try MergeRules(ranked: tokens).left.count == 199 * 200 / 2)
        let error = #expect(throws: TokenizerError.self) { try MergeRules(ranked: tokens, bytesMax: 100_000) }
        #expect(error?.code == .tooLarge)
        #expect(error?.message.hasPrefix("merges: ") == true)
    }

    /// What a character map leaves is well-formed, whatever it cuts apart.
    @Test func charsmapKeepsCharactersWhole() throws {
        var map: [UInt8] = []
        func word(_ value: UInt32) {
            for shift in stride(from: 0, to: 32, by: 8) { map.append(UInt8(value >> UInt32(shift) & 0xFF)) }
        }
        word(4 * 256)
        // Every byte leads to a leaf; the replacement begins within a character.
        for label in UInt32(0)..<256 { word(label == 0 ? 1 << 31 | 1 : label | 1 << 8) }
        map += Array("é".utf8) + [0]
        let normalizer = try Normalizer([.charsmap(map)])
        let place = StretchPlace(isFirst: true, startsText: true, endsText: true)
        let result = Array("aé😀b".utf8).withUnsafeBufferPointer { normalizer.normalize($0, place) }
        #expect(String(validating: result, as: UTF8.self) != nil)
        #expect(message { $0.normalization = [.charsmap(Array(map.dropLast(2)) + [0])] }.contains("not UTF-8"))
    }

    @Test func unknownNamesAreListed() {
        let error = #expect(throws: TokenizerError.self) { try NamedPreTokenizer.named("no-such") }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("\"no-such\"") == true)
        #expect(error?.message.contains("deepseek-coder, ") == true)
    }

    /// A map whose trie leads back into itself ends with the text.
    @Test func cyclicCharsmapEnds() throws {
        var map: [UInt8] = []
        func word(_ value: UInt32) {
            for shift in stride(from: 0, to: 32, by: 8) { map.append(UInt8(value >> UInt32(shift) & 0xFF)) }
        }
        word(4 * 256)
        for label in UInt32(0)..<256 { word(label | 1 << 8) }  // Every node is its own parent and has a leaf.
        map += [0x78, 0]
        let normalizer = try Normalizer([.charsmap(map)])
        let place = StretchPlace(isFirst: true, startsText: true, endsText: true)
        let text = Array(String(repeating: "aé", count: 500).utf8)
        #expect(text.withUnsafeBufferPointer { normalizer.normalize($0, place) }.count < 10_000)
    }

    @Test func oddMergesAreHarmless() throws {
        var definition = SpecialTokenTests.definition([("ab", .normal), ("ab", .normal), ("", .normal)])
        let left = ByteStrings(["a", "ab", "", "x y", "q", "a"])
        let right = ByteStrings(["b", "c", "b", "z", "", "b"])
        definition.algorithm = .byteLevelBPE(MergeRules(left: left, right: right))
        let tokenizer = try Tokenizer(definition)
        #expect(tokenizer.encode("ab") == [256])  // Of equal texts the lowest id.
        #expect(tokenizer.encode("abc") == [97, 98, 99])  // "abc" is no token: back to bytes.
        #expect(tokenizer.piece(258) == [])
    }

    @Test func bytesThatAreNoTokens() throws {
        var definition = TokenizerDefinition(
            algorithm: .byteLevelBPE(MergeRules(left: ByteStrings(), right: ByteStrings())),
            tokens: ByteStrings(["a", "<unk>"]))
        #expect(try Tokenizer(definition).encode("abca") == [0, 0])
        definition.special.unknown = 1
        #expect(try Tokenizer(definition).encode("abca") == [0, 1, 1, 0])
        definition.fusesUnknown = true
        #expect(try Tokenizer(definition).encode("abca") == [0, 1, 0])
    }

    /// What takes quadratic time in careless tokenizers: long runs of one letter, of spaces, of digits, of brackets.
    @Test func longRunsAreLinear() throws {
        for name in ["bpe.json", "characters.json", "sp-bpe.model", "unigram.json", "wordpiece.json"] {
            let tokenizer = try Tokenizer(try TokenizerFile.open(TestData.fixture(name)))
            for text in ["a", " ", "1", "<", "\n", "é", "一", "한", "😀", " \u{301}"] {
                let long = String(repeating: text, count: 30_000 / text.utf8.count)
                let time = ThreadTime.measure { _ = tokenizer.encode(long, parseSpecial: true) }
                #expect(time < .seconds(8), "\(name): \(text.debugDescription) took \(time)")
            }
        }
    }

    /// A special token whose bytes are the middle of a character does not cut it in two.
    @Test func halfACharacterIsNoSpecialToken() throws {
        var definition = SpecialTokenTests.definition([("<s>", .control)])
        for half: [UInt8] in [[0xF0, 0x9F], [0x98, 0x80]] {
            definition.tokens.append(half)
            definition.kinds.append(.userDefined)
        }
        let tokenizer = try Tokenizer(definition)
        let ids = tokenizer.encode("a😀<s>", parseSpecial: true)
        #expect(ids == Array("a😀".utf8).map(Int32.init) + [256], "\(ids)")
    }

    @Test func negativeIdsAreRefused() throws {
        for id in ["-5", "-9223372036854775808"] {
            let folder = try TemporaryFolder()
            let path = try folder.write(#"{"model":{"type":"BPE","vocab":{"a":\#(id)},"merges":[]}}"#.utf8, "a.json")
            let error = #expect(throws: FormatError.self) { try TokenizerFile.open(path) }
            #expect(error?.message.contains(path) == true && error?.message.contains(id) == true, "\(error as Any)")
        }
    }

    /// Cut into stretches or not, a text has one normal form.
    @Test func normalFormsOfLongTexts() throws {
        let parts = [
            "a\u{301}", "\u{323}", "e", "한", "\u{1100}\u{1161}\u{11A8}", "ｶ\u{FF9E}", "ﬁ", "é", " ", "\u{16D67}",
            "क\u{93C}",
        ]
        var random = SplitMix64(seed: 5)
        for _ in 0..<40 {
            let text = (0..<300).map { _ in parts[random.next(below: parts.count)] }.joined()
            let bytes = Array(text.utf8)
            let canonical = text.decomposedStringWithCanonicalMapping
            let compatible = text.decomposedStringWithCompatibilityMapping.decomposedStringWithCanonicalMapping
            #expect(CanonicalForm.nfc.normalize(bytes) == Array(canonical.precomposedStringWithCanonicalMapping.utf8))
            #expect(CanonicalForm.nfd.normalize(bytes) == Array(canonical.utf8))
            #expect(CanonicalForm.nfkc.normalize(bytes) == Array(compatible.precomposedStringWithCanonicalMapping.utf8))
            #expect(CanonicalForm.nfkd.normalize(bytes) == Array(compatible.utf8))
        }
    }

    /// Digits are counted from the right; numbers that are no digits go with what stands before them: what `tokenizers`
    /// makes of SuperBPE's expressions.
    @Test func digitsAreCountedFromTheRight() throws {
        let pieces = { (text: String) throws -> [String] in
            let steps = try NamedPreTokenizer.named("superbpe").steps
            var pieces: [String] = []
            Array(text.utf8).withUnsafeBufferPointer { bytes in
                PreTokenizer(steps).forEachPiece(of: bytes, isFirst: true) {
                    pieces.append(String(decoding: $0, as: UTF8.self))
                }
            }
            return pieces
        }
        #expect(try pieces("1234567") == ["1", "234", "567"])
        #expect(try pieces("a12b123456") == ["a", "12", "b", "123", "456"])
        #expect(try pieces("½½333333Ⅷ") == ["½½", "333", "333Ⅷ"])
        #expect(try pieces("½4333Ⅷ12½٣٤٥٦") == ["½4", "333Ⅷ12½٣", "٤٥٦"])
        #expect(try pieces("12½12") == ["12½12"])
    }

    @Test func everyPatternPassesEveryText() throws {
        let texts = HuggingFaceVectorTests.vectors("bpe-vectors.json").flatMap { $0.texts.prefix(30) }
        for name in NamedPreTokenizer.names {
            let steps = try NamedPreTokenizer.named(name).steps
            for text in texts {
                var joined: [UInt8] = []
                Array(text.utf8).withUnsafeBufferPointer { bytes in
                    PreTokenizer(steps).forEachPiece(of: bytes, isFirst: true) { joined += $0 }
                }
                #expect(joined == Array(text.utf8), "\(name) lost something of \(text.debugDescription)")
            }
        }
    }
}
