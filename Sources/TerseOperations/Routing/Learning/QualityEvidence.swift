/// What somebody found out about the quality of variants on a request.
public enum QualityEvidence: Sendable, Equatable {
    /// Bits per byte that variants, by name, need for a true text after the request's prompt, or for its end after its
    /// beginning. Says most with the best variant's beside another's: what is hard for both is then no noise.
    /// - Parameters:
    ///   - probe: the mean log-likelihood, in nats, of the first tokens that the least demanding variant
    ///   answered with.
    ///   - tokens: how many were scored; the fewer, the more chance is in it.
    case text(bitsPerByte: [String: Double], tokens: Int = Self.tokensUsual, probe: Double? = nil)
    /// How much the best variant, as a judge, disagrees with an answer.
    /// - Parameters:
    ///   - logLikelihood: the mean of the answer's tokens in nats, by the variant that gave it.
    ///   - judged: the same by the judge.
    ///   - agreement: the share of the tokens that are the most probable of the judge.
    case answer(variant: String, logLikelihood: Double, judged: Double, agreement: Double)
    /// What the person who got the answer thinks of it, −1 … 1.
    case rating(variant: String, Double)

    /// Tokens of a text that counts as one observation; a shorter one counts as a part.
    public static let tokensUsual = 64
}
