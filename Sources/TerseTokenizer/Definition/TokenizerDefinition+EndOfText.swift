extension TokenizerDefinition {
    /// Texts that name a token which ends a turn, in the order of preference for `special.eot`.
    private static let endOfTurnNames = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>",
        "[EOT]", "<｜end▁of▁sentence｜>", "<end_of_utterance>",
    ]

    /// Other texts that name a token which ends a text.
    private static let endOfTextNames = [
        "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "</s>", "<|eom_id|>", "[EOS]", "<eos>", "<turn|>",
        "<|tool_response>", "[e~[", "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>",
        "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>",
    ]

    /// Adds to `endOfText` the tokens that are known by their text to end a text, whatever a file forgets to say, and
    /// makes control tokens of them; finds `special.eot` and `special.eom` where they are missing. The texts and the
    /// exceptions are those that llama.cpp goes by.
    ///
    /// - Parameter amongNormal: Tokens that the file calls normal are meant, too (GGUF, where the kinds of tokens are
    ///   often wrong).
    public mutating func detectEndOfText(amongNormal: Bool = false) {
        let names = Set(Self.endOfTurnNames + Self.endOfTextNames + Self.alwaysRenderedNames)
        let found = ids(spelled: names).filter { _, id in
            amongNormal || kinds[Int(id)].isSpecial || kinds[Int(id)] == .userDefined
        }
        if special.eot == nil { special.eot = Self.endOfTurnNames.lazy.compactMap { found[$0] }.first }
        if special.eom == nil { special.eom = found["<|eom_id|>"] }
        for name in Self.endOfTurnNames + Self.endOfTextNames {
            guard let id = found[name] else { continue }
            endOfText.insert(id)
            kinds[Int(id)] = .control
        }
        for name in Self.alwaysRenderedNames {
            if let id = found[name] { kinds[Int(id)] = .userDefined }
        }
        endOfText.formUnion([special.eos, special.eot, special.eom].compactMap { $0 })
        applyExceptions(found)
    }

    /// Where a model has finer tokens for the end, a token of the same name means something else.
    private mutating func applyExceptions(_ found: [String: Int32]) {
        let hasCall = found["<|call|>"] != nil || found["<|calls|>"] != nil
        if hasCall, found["<|return|>"] != nil || found["<|flush|>"] != nil, let end = found["<|end|>"] {
            endOfText.remove(end)
            kinds[Int(end)] = .userDefined
        }
        if found["<|tool_response>"] != nil, let end = found["</s>"] {
            endOfText.remove(end)
            kinds[Int(end)] = .normal
        }
    }

    /// Steering tokens of gpt-oss that its answers are parsed by, so that decoding must keep them.
    private static let alwaysRenderedNames = ["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"]
}
