extension TokenizerDefinition {
    /// The ids of those of `names` that the vocabulary spells so; of equal tokens the lowest id. One pass over the
    /// vocabulary, which allocates for the tokens found alone.
    public func ids(spelled names: some Collection<String>) -> [String: Int32] {
        let byBytes = Dictionary(names.map { (Array($0.utf8)[...], $0) }, uniquingKeysWith: { first, _ in first })
        let lengthMax = byBytes.keys.map(\.count).max() ?? 0
        let begins = Set(byBytes.keys.compactMap(\.first))
        var found: [String: Int32] = [:]
        for id in 0..<tokens.count where tokens.length(id) <= lengthMax {
            let text = tokens[id]
            guard let first = text.first, begins.contains(first), let name = byBytes[text], found[name] == nil else {
                continue
            }
            found[name] = Int32(id)
        }
        return found
    }
}
