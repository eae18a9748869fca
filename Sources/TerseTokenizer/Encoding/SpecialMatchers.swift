/// The matchers for tokens spelled out in a text: in raw and in normalised text, with and without control tokens.
struct SpecialMatchers: Sendable {
    private let userDefinedRaw: SpecialTokenMatcher
    private let userDefinedNormalized: SpecialTokenMatcher
    private let allRaw: SpecialTokenMatcher
    private let allNormalized: SpecialTokenMatcher

    init(_ definition: TokenizerDefinition, _ normalizer: Normalizer) {
        let ids = (0..<Int32(definition.tokens.count)).filter {
            let kind = definition.kinds[Int($0)]
            return kind == .userDefined || kind.isSpecial
        }
        func matcher(special: Bool, normalized: Bool) -> SpecialTokenMatcher {
            SpecialTokenMatcher(
                definition, normalized ? normalizer : nil,
                ids: ids.filter {
                    (special || definition.kinds[Int($0)] == .userDefined)
                        && (definition.traits[$0]?.normalized ?? false) == normalized
                })
        }
        userDefinedRaw = matcher(special: false, normalized: false)
        userDefinedNormalized = matcher(special: false, normalized: true)
        allRaw = matcher(special: true, normalized: false)
        allNormalized = matcher(special: true, normalized: true)
    }

    func raw(parseSpecial: Bool) -> SpecialTokenMatcher { parseSpecial ? allRaw : userDefinedRaw }
    func normalized(parseSpecial: Bool) -> SpecialTokenMatcher { parseSpecial ? allNormalized : userDefinedNormalized }
}
