/// SentencePiece's unigram model: of all ways to cut a text into tokens the one with the highest sum of scores, found
/// by dynamic programming over the prefix tree of the vocabulary.
struct UnigramModel: Sendable {
    /// The best way to get to a place in the text.
    struct Step {
        var score: Double
        var token: Int32
        var start: Int32
    }

    /// How much less than the least likely token an unknown character scores.
    static let unknownPenalty: Double = 10

    private let trie: ByteTrie
    private let scores: [Double]
    private let unknownID: Int32
    private let unknownScore: Double
    private let roundsSums: Bool
    private let fallback: UnknownFallback

    init(_ definition: TokenizerDefinition) {
        let ids = Int32(0)..<Int32(definition.tokens.count)
        trie = ByteTrie(definition.tokens, entries: ids.filter { definition.isMadeFromText(Int($0)) })
        // A token that its user defined costs nothing, so that it wins.
        scores = ids.map { definition.kinds[Int($0)] == .userDefined ? 0 : definition.scores[Int($0)] }
        let lowest = ids.lazy.filter { definition.kinds[Int($0)] == .normal }.map { [scores] in scores[Int($0)] }.min()
        unknownScore = (lowest ?? 0) - Self.unknownPenalty
        unknownID = definition.special.unknown ?? 0
        roundsSums = definition.roundsScoreSums
        fallback = UnknownFallback(definition)
    }

    func encode(_ piece: UnsafeBufferPointer<UInt8>, _ steps: inout [Step], into ids: inout [Int32]) {
        guard !piece.isEmpty else { return }
        steps.removeAll(keepingCapacity: true)
        steps.append(Step(score: 0, token: unknownID, start: 0))
        for _ in 0..<piece.count {
            steps.append(Step(score: -.greatestFiniteMagnitude, token: unknownID, start: 0))
        }
        steps.withUnsafeMutableBufferPointer { search(piece, $0) }
        backtrack(piece, steps, into: &ids)
    }

    private func search(_ piece: UnsafeBufferPointer<UInt8>, _ steps: UnsafeMutableBufferPointer<Step>) {
        var start = 0
        while start < piece.count {
            let characterEnd = min(start + UTF8Text.length(first: piece[start]), piece.count)
            var hasCharacter = false
            var node = ByteTrie.root
            var end = start
            let score = steps[start].score
            while end < piece.count, let child = trie.child(node, piece[end]) {
                node = child
                end += 1
                let token = trie.value(node)
                guard token >= 0 else { continue }
                if end == characterEnd { hasCharacter = true }
                let candidate = rounded(score + scores[Int(token)])
                if candidate > steps[end].score {
                    steps[end] = Step(score: candidate, token: token, start: Int32(start))
                }
            }
            let unknown = rounded(score + unknownScore)
            if !hasCharacter, unknown > steps[characterEnd].score {
                steps[characterEnd] = Step(score: unknown, token: unknownID, start: Int32(start))
            }
            start = characterEnd
        }
    }

    @inline(__always)
    private func rounded(_ sum: Double) -> Double { roundsSums ? Double(Float(sum)) : sum }

    private func backtrack(_ piece: UnsafeBufferPointer<UInt8>, _ steps: [Step], into ids: inout [Int32]) {
        let begin = ids.count
        var end = piece.count
        var afterUnknown = false
        while end > 0 {
            let step = steps[end]
            let start = Int(step.start)
            let isUnknown = step.token == unknownID
            let bytes = UnsafeBufferPointer(rebasing: piece[start..<end])
            if isUnknown, fallback.hasBytes(bytes) {
                for byte in bytes.reversed() { ids.append(Int32(fallback.byteToken(byte))) }
            } else if !(isUnknown && afterUnknown) {
                ids.append(step.token)
            }
            afterUnknown = isUnknown
            end = start
        }
        ids[begin...].reverse()
    }
}
