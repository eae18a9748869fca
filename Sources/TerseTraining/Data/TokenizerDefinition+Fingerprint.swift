import TerseTokenizer

extension TokenizerDefinition {
    /// A number that differs when anything differs that decides which ids a text becomes.
    var fingerprint: UInt64 {
        var fingerprint = Fingerprint()
        for id in 0..<tokens.count {
            fingerprint.take(tokens[id])
            fingerprint.take(UInt64(truncatingIfNeeded: kinds[id].rawValue))
        }
        for score in scores { fingerprint.take(score.bitPattern) }
        for (id, traits) in traits.sorted(by: { $0.key < $1.key }) { fingerprint.take("\(id)\(traits)".utf8) }
        switch algorithm {
        case .byteLevelBPE(let rules), .characterBPE(let rules):
            for rank in 0..<rules.left.count {
                fingerprint.take(rules.left[rank])
                fingerprint.take(rules.right[rank])
            }
            fingerprint.take("\(rules.ignoresMergesForWholeWords)\(rules.sharesRanks)".utf8)
        case .wordPiece(let rules): fingerprint.take("\(rules)".utf8)
        case .sentencePieceBPE, .unigram: break
        }
        fingerprint.take("\(algorithmName)\(preTokenization)\(normalization)\(prefix)\(suffix)\(special)".utf8)
        fingerprint.take("\(byteFallback)\(fusesUnknown)\(roundsScoreSums)".utf8)
        return fingerprint.value
    }

    private var algorithmName: String {
        switch algorithm {
        case .byteLevelBPE: "byte-level BPE"
        case .characterBPE: "character BPE"
        case .sentencePieceBPE: "SentencePiece BPE"
        case .unigram: "unigram"
        case .wordPiece: "WordPiece"
        }
    }
}
