/// The least demanding variant begins each answer; the best one begins anew where that looks unsure.
public struct Cascade: Sendable, Equatable, Codable {
    /// When it goes on to the best variant.
    public enum Rule: Sendable, Equatable, Codable {
        /// For this share of answers, those of the least mean log-likelihood. The threshold is learned.
        case share(Double)
        /// Where the best variant, begun now, is predicted to be worth more by the trade-off, given the log-likelihood.
        case gain
    }

    public var rule: Rule
    /// So many tokens of an answer are generated, and held back, before it is judged.
    public var probeTokens: Int

    public init(_ rule: Rule, probeTokens: Int = 16) { (self.rule, self.probeTokens) = (rule, probeTokens) }

    public static let probeTokensMax = 4096

    /// - Throws: `RoutingError`.
    public func check() throws(RoutingError) {
        if case .share(let share) = rule, !(share > 0 && share < 1) {
            throw RoutingError("cascade: expected a share above 0 and below 1, found \(share)")
        }
        guard (1...Self.probeTokensMax).contains(probeTokens) else {
            throw RoutingError("cascade: probeTokens: expected 1 to \(Self.probeTokensMax), found \(probeTokens)")
        }
    }
}
