import TerseFormats
import TestSupport
import Testing

@testable import TerseTokenizer

/// Text that arrives token by token is the text of all tokens, and never ends within a character.
@Suite struct StreamingTests {
    static let names = ["bpe.json", "characters.json", "wordpiece.json", "unigram.json", "sp-bpe.model"]

    @Test(arguments: names)
    func piecesJoinToTheWhole(name: String) throws {
        let tokenizer = try Tokenizer(try TokenizerFile.open(TestData.fixture(name)))
        var random = SplitMix64(seed: 3)
        for _ in 0..<300 {
            let ids = (0..<random.next(below: 24)).map { _ in
                Int32(random.next(below: tokenizer.vocabularySize + 2)) - 1
            }
            for skipSpecial in [true, false] {
                var detokenizer = StreamingDetokenizer(tokenizer, skipSpecial: skipSpecial)
                var bytes: [UInt8] = []
                var text = ""
                for id in ids { text += detokenizer.append(id) }
                text += detokenizer.finish()
                for id in ids where !(skipSpecial && isSpecial(id, tokenizer)) { bytes += tokenizer.piece(id) }
                if tokenizer.definition.decoding.stripsLeadingSpace, bytes.first == 0x20 { bytes.removeFirst() }
                #expect(text == String(decoding: bytes, as: UTF8.self), "\(ids)")
                #expect(text == tokenizer.decode(ids, skipSpecial: skipSpecial))
                let cut = random.next(below: ids.count + 1)
                let rest = behind(ids, cut, skipSpecial, tokenizer)
                #expect(rest == behind(ids, cut, skipSpecial, tokenizer, atOnce: true))
            }
        }
    }

    /// The text behind the first `cut` of some tokens, which are appended or given at once.
    private func behind(
        _ ids: [Int32], _ cut: Int, _ skipSpecial: Bool, _ tokenizer: Tokenizer, atOnce: Bool = false
    ) -> String {
        var detokenizer = StreamingDetokenizer(tokenizer, skipSpecial: skipSpecial, after: atOnce ? ids[..<cut] : [])
        if !atOnce { for id in ids[..<cut] { _ = detokenizer.append(id) } }
        return ids[cut...].reduce(into: "") { $0 += detokenizer.append($1) } + detokenizer.finish()
    }

    private func isSpecial(_ id: Int32, _ tokenizer: Tokenizer) -> Bool {
        tokenizer.definition.tokens.contains(id) && tokenizer.definition.kinds[Int(id)].isSpecial
    }

    @Test func waitsForTheRestOfACharacter() throws {
        let tokenizer = try Tokenizer(try TokenizerFile.open(TestData.fixture("bpe.json")))
        let bytes = Array("a😀é\u{FFFF}".utf8)
        var detokenizer = StreamingDetokenizer(tokenizer)
        var pieces: [String] = []
        for byte in bytes {
            let spelled = String(decoding: ByteAlphabet.spell([byte]), as: UTF8.self)
            let id = try #require(tokenizer.definition.ids(spelled: [spelled])[spelled])
            pieces.append(detokenizer.append(id))
        }
        #expect(pieces == ["a", "", "", "", "😀", "", "é", "", "", "\u{FFFF}"])
        #expect(detokenizer.finish() == "")
    }

    /// A character that is broken off is U+FFFD in the text: what follows begins behind that.
    @Test func tokensBeginBehindBrokenCharacters() throws {
        let tokenizer = try Tokenizer(try TokenizerFile.open(TestData.fixture("bpe.json")))
        func starts(_ bytes: [UInt8]) throws -> [Int] {
            var detokenizer = StreamingDetokenizer(tokenizer)
            return try bytes.map { byte in
                let spelled = String(decoding: ByteAlphabet.spell([byte]), as: UTF8.self)
                _ = detokenizer.append(try #require(tokenizer.definition.ids(spelled: [spelled])[spelled]))
                return detokenizer.lastStart
            }
        }
        #expect(try starts([0xE2, 0x61, 0x62]) == [0, 3, 4])
        #expect(try starts([0xE2, 0x82, 0x61]) == [0, 1, 3])
        #expect(try starts([0xE2, 0xE2, 0x82, 0xAC, 0x61]) == [0, 3, 4, 5, 6])
        #expect(try starts([0xEF, 0xBF, 0xBD, 0xEF, 0x61, 0xFF, 0x61]) == [0, 1, 2, 3, 6, 7, 10])
    }

    /// Every way to break off or garble a character, against the standard library's repair of the whole.
    @Test func repairsAsTheWholeIsRepaired() throws {
        let tokenizer = try Tokenizer(try TokenizerFile.open(TestData.fixture("bpe.json")))
        let spelled = (0...255).map { String(decoding: ByteAlphabet.spell([UInt8($0)]), as: UTF8.self) }
        let byText = tokenizer.definition.ids(spelled: spelled)
        let ids = try spelled.map { try #require(byText[$0]) }
        let interesting: [UInt8] = [
            0x41, 0x80, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF, 0x8F,
            0x90,
        ]
        var random = SplitMix64(seed: 11)
        for _ in 0..<4_000 {
            let bytes = (0..<6).map { _ in interesting[random.next(below: interesting.count)] }
            var detokenizer = StreamingDetokenizer(tokenizer)
            var text = ""
            for byte in bytes { text += detokenizer.append(ids[Int(byte)]) }
            text += detokenizer.finish()
            #expect(text == String(decoding: bytes, as: UTF8.self), "\(bytes)")
            let tokens = bytes.map { ids[Int($0)] }
            for cut in 0...6 {
                #expect(
                    behind(tokens, cut, true, tokenizer) == behind(tokens, cut, true, tokenizer, atOnce: true),
                    "\(bytes) behind \(cut)")
            }
        }
    }
}
