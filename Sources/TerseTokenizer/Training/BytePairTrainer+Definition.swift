extension BytePairTrainer.Result {
    /// The tokenizer that was learned.
    ///
    /// - Parameters:
    ///   - preTokenizer: The name of the pre-tokenisation that the pieces were cut by.
    ///   - endOfText: The special token that begins and ends every text (GPT-2's habit); nil for none.
    /// - Throws: `TokenizerError` when there is no such pre-tokenisation or special token.
    public func definition(preTokenizer: String, endOfText: String?) throws(TokenizerError) -> TokenizerDefinition {
        let named = try NamedPreTokenizer.named(preTokenizer)
        var merges = merges
        merges.ignoresMergesForWholeWords = named.ignoresMerges
        var definition = TokenizerDefinition(algorithm: .byteLevelBPE(merges), tokens: tokens)
        for id in 0..<specialCount { definition.kinds[id] = .control }
        definition.preTokenization = named.steps
        definition.preTokenizerName = preTokenizer
        if let endOfText {
            guard let id = (0..<specialCount).first(where: { tokens.text($0) == endOfText }).map(Int32.init) else {
                throw TokenizerError(.invalid, "end-of-text token \"\(endOfText)\" is not among the special tokens")
            }
            definition.special.bos = id
            definition.special.eos = id
            definition.prefix = [id]
        }
        definition.detectEndOfText()
        return definition
    }
}
