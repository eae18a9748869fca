extension TokenizerDefinition {
    /// Checks that normalisation and pre-tokenisation together cannot make a text more than
    /// `TokenizerLimits.growthMax` times as long: every step is harmless by itself, but a chain of them multiplies.
    func checkGrowth() throws(TokenizerError) {
        var growth = 1
        for (index, step) in normalization.enumerated() {
            try Self.multiply(&growth, try step.growthMax(), "normalisation step \(index) (\(step.name))")
        }
        for (index, step) in preTokenization.enumerated() {
            try Self.multiply(&growth, step.growthMax, "pre-tokenisation step \(index) (\(step.name))")
        }
        let normalized = traits.filter { $0.value.normalized }.reduce(0) { $0 + tokens.length(Int($1.key)) }
        guard normalized <= TokenizerLimits.textBytesMax / growth else {
            throw TokenizerError(
                .tooLarge,
                "tokens sought in normalised text: \(normalized) bytes may become \(growth) times as many, "
                    + "at most \(TokenizerLimits.textBytesMax)")
        }
    }

    private static func multiply(_ growth: inout Int, _ factor: Int, _ step: String) throws(TokenizerError) {
        // Below the limit and within that of a replacement: no overflow.
        growth *= factor
        guard growth <= TokenizerLimits.growthMax else {
            throw TokenizerError(
                .tooLarge,
                "\(step): text may become \(growth) times as long, at most \(TokenizerLimits.growthMax) times")
        }
    }
}

extension NormalizationStep {
    /// How many bytes one byte of text becomes at most.
    fileprivate func growthMax() throws(TokenizerError) -> Int {
        switch self {
        case .nfc, .nfd: 3  // As Unicode's annex 15 has it for UTF-8.
        case .nfkc, .nfkd: 11
        case .lowercase: 2  // U+023A: two bytes become three.
        case .replace(let pattern, let replacement):
            max(1, (replacement.utf8.count + pattern.utf8.count - 1) / max(1, pattern.utf8.count))
        case .collapseSpaces(let replacement): max(1, (replacement.utf8.count + 1) / 2)
        case .prepend(let string): 1 + string.utf8.count
        case .strip, .stripAccents: 1
        case .bert: 12  // Spaces round three bytes, then as NFD, then as lower case.
        case .charsmap(let bytes): try PrecompiledCharsmap(bytes).replacementBytesMax
        case .sentencePieceSpaces: 6  // Three bytes for a space, and three before it.
        }
    }

    fileprivate var name: String {
        switch self {
        case .nfc: "NFC"
        case .nfd: "NFD"
        case .nfkc: "NFKC"
        case .nfkd: "NFKD"
        case .lowercase: "lowercase"
        case .replace(let pattern, _): "replace \(pattern.debugDescription)"
        case .collapseSpaces: "collapse spaces"
        case .prepend(let string): "prepend \(string.prefix(8).debugDescription)"
        case .strip: "strip"
        case .stripAccents: "strip accents"
        case .bert: "BERT"
        case .charsmap: "character map"
        case .sentencePieceSpaces: "spaces"
        }
    }
}

extension PreTokenizationStep {
    /// How many bytes one byte of text becomes at most.
    fileprivate var growthMax: Int {
        switch self {
        case .split: 1
        case .addPrefixSpace: 2
        case .metaspace(let replacement, let prepend, _): replacement.utf8.count + (prepend == .never ? 0 : 1)
        }
    }

    fileprivate var name: String {
        switch self {
        case .split: "split"
        case .addPrefixSpace: "prefix space"
        case .metaspace: "metaspace"
        }
    }
}
