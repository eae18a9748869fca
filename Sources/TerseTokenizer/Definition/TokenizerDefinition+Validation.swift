extension TokenizerDefinition {
    /// Checks every relation that `Tokenizer` relies on.
    /// - Throws: `TokenizerError` naming the field and both sides.
    public func validate() throws(TokenizerError) {
        try checkCounts()
        try checkIDs()
        try checkAlgorithm()
        try checkSteps()
    }

    private func checkCounts() throws(TokenizerError) {
        try Self.limit(tokens.count, TokenizerLimits.tokensMax, "tokens")
        try Self.limit(tokens.byteCount, TokenizerLimits.textBytesMax, "bytes of token texts")
        guard !tokens.isEmpty else { throw TokenizerError(.invalid, "tokens: the vocabulary is empty") }
        for id in 0..<tokens.count where tokens.length(id) > TokenizerLimits.tokenBytesMax {
            try Self.limit(tokens.length(id), TokenizerLimits.tokenBytesMax, "bytes of token \(id)")
        }
        guard kinds.count == tokens.count else {
            throw TokenizerError(.invalid, "token types: \(kinds.count) for \(tokens.count) tokens")
        }
        guard scores.isEmpty || scores.count == tokens.count else {
            throw TokenizerError(.invalid, "scores: \(scores.count) for \(tokens.count) tokens")
        }
        if let id = scores.firstIndex(where: { !$0.isFinite }) {
            throw TokenizerError(.invalid, "scores: that of token \(id) is \(scores[id]), expected a finite number")
        }
    }

    private static func limit(_ count: Int, _ maximum: Int, _ what: String) throws(TokenizerError) {
        guard count <= maximum else { throw TokenizerError(.tooLarge, "\(what): \(count), at most \(maximum)") }
    }

    private func checkIDs() throws(TokenizerError) {
        let named: [(String, Int32?)] = [
            ("beginning-of-text", special.bos), ("end-of-text", special.eos), ("end-of-turn", special.eot),
            ("end-of-message", special.eom), ("unknown", special.unknown), ("separator", special.separator),
            ("padding", special.padding), ("classification", special.classification), ("mask", special.mask),
        ]
        for (name, id) in named { try checkID(id, "\(name) token") }
        for id in endOfText { try checkID(id, "end-of-text token") }
        for id in prefix { try checkID(id, "token put before a text") }
        for id in suffix { try checkID(id, "token put after a text") }
        for id in traits.keys { try checkID(id, "token with traits") }
        try Self.limit(prefix.count, TokenizerLimits.templateTokensMax, "tokens put before a text")
        try Self.limit(suffix.count, TokenizerLimits.templateTokensMax, "tokens put after a text")
    }

    private func checkID(_ id: Int32?, _ name: String) throws(TokenizerError) {
        guard let id, !tokens.contains(id) else { return }
        throw TokenizerError(.invalid, "\(name): id \(id), but ids go from 0 to \(tokens.count - 1)")
    }

    private func checkAlgorithm() throws(TokenizerError) {
        switch algorithm {
        case .byteLevelBPE(let rules), .characterBPE(let rules):
            guard rules.left.count == rules.right.count else {
                throw TokenizerError(
                    .invalid, "merges: \(rules.left.count) left sides and \(rules.right.count) right sides")
            }
            try Self.limit(rules.left.count, TokenizerLimits.mergesMax, "merges")
            try Self.limit(
                rules.left.byteCount + rules.right.byteCount, TokenizerLimits.textBytesMax, "bytes of merges")
        case .sentencePieceBPE, .unigram:
            guard !scores.isEmpty else {
                throw TokenizerError(.invalid, "scores: none, but the algorithm ranks \(tokens.count) tokens by them")
            }
            if algorithm == .unigram, special.unknown == nil {
                throw TokenizerError(.invalid, "unknown token: none, but a unigram model needs one")
            }
        case .wordPiece(let rules):
            guard special.unknown != nil else {
                throw TokenizerError(.invalid, "unknown token: none, but WordPiece needs one")
            }
            guard rules.wordCharactersMax > 0 else {
                throw TokenizerError(.invalid, "characters of a word: at most \(rules.wordCharactersMax)")
            }
        }
    }

    private func checkSteps() throws(TokenizerError) {
        try Self.limit(normalization.count, TokenizerLimits.stepsMax, "normalisation steps")
        try Self.limit(preTokenization.count, TokenizerLimits.stepsMax, "pre-tokenisation steps")
        for step in normalization {
            switch step {
            case .replace(let pattern, let replacement):
                guard !pattern.isEmpty else {
                    throw TokenizerError(.invalid, "normalisation: replaces the empty string by \"\(replacement)\"")
                }
                try Self.limit(
                    replacement.utf8.count, TokenizerLimits.replacementBytesMax, "bytes of a replacement")
            case .prepend(let string), .collapseSpaces(let string):
                try Self.limit(string.utf8.count, TokenizerLimits.replacementBytesMax, "bytes of a replacement")
            case .charsmap(let bytes):
                try Self.limit(bytes.count, TokenizerLimits.charsmapBytesMax, "bytes of the character map")
            default: break
            }
        }
        for case .metaspace(let replacement, _, _) in preTokenization
        where replacement.utf8.count > 4 || replacement.isEmpty {
            throw TokenizerError(.invalid, "metaspace: replacement \"\(replacement)\", expected one character")
        }
        try checkGrowth()
    }
}
