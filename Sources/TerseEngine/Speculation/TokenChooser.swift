import TerseModel

/// What decides the tokens of one text: its chance, its penalties, its rules. A copy goes its own way, so that what would be
/// chosen can be tried.
struct TokenChooser {
    private var sampler: Sampler
    private var constraint: (any TokenConstraint)?
    private let endOfText: Set<Int32>

    init(_ sampler: Sampler, _ constraint: (any TokenConstraint)?, endOfText: Set<Int32>) {
        self.sampler = sampler
        self.constraint = constraint
        self.endOfText = endOfText
    }

    /// What chance started from.
    var seed: UInt64 { sampler.seed }

    /// How many of the greatest logits decide a choice; nil: all of them may.
    var logitsWanted: Int? { constraint == nil ? sampler.logitsWanted : nil }

    /// Whether a token ends the text.
    func ends(_ token: Int32) -> Bool { endOfText.contains(token) }

    /// Chooses the next token from logits, which it changes, and accepts it.
    /// - Returns: nil where a constraint says that the text is complete.
    /// - Throws: `EngineError`: `notFinite` when no token can be chosen, or what the constraint throws.
    mutating func choose(
        from logits: UnsafeMutableBufferPointer<Float>, runner: ModelRunner, mask: TokenMask
    ) throws(EngineError) -> Int32? {
        if constraint != nil {
            guard try constraint?.allow(in: mask.words) ?? true else { return nil }
            mask.apply(to: logits)
        }
        let token: Int32
        do throws(ModelError) { token = try runner.sample(logits, with: &sampler) } catch {
            throw EngineError(error.code == .notFinite ? .notFinite : .model, error.message)
        }
        accept(token)
        return token
    }

    /// A token of the prompt.
    mutating func read(_ token: Int32) { sampler.accept(token) }

    /// A token that was chosen elsewhere from the same seed.
    mutating func follow(_ token: Int32) {
        sampler.skip()
        accept(token)
    }

    private mutating func accept(_ token: Int32) {
        sampler.accept(token)
        if !ends(token) { constraint?.accept(token) }
    }
}
