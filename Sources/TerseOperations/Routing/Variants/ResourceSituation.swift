/// How the host is now: every variant, and what all of them share.
public struct ResourceSituation: Sendable, Equatable, Codable {
    /// In the order of the router's profiles.
    public var variants: [VariantSituation]
    /// What is left of the host's budget of power, in watts; nil where it has none. At 0 or less, energy decides.
    public var wattsFree: Double?

    public init(_ variants: [VariantSituation], wattsFree: Double? = nil) {
        (self.variants, self.wattsFree) = (variants, wattsFree)
    }
}
