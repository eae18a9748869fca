/// By how much the best variant and the least demanding one differ by their profiles, on a request of usual length: the
/// units that a trade-off weighs in.
struct TradeOffUnits: Sendable, Equatable {
    let lossBitsPerByte: Double
    let seconds: Double
    let joules: Double
    let cost: Double

    /// Variants that do not differ are told apart all the same, by this share of what the best one takes.
    private static let shareMin = 0.01
    /// Bits per byte that nobody notices.
    private static let lossMin = 0.001

    init(best: VariantProfile, least: VariantProfile, scale: RequestScale) {
        let (most, fewest) = (Demand(best, scale: scale), Demand(least, scale: scale))
        func difference(_ quantity: KeyPath<Demand, Double>) -> Double {
            let whole = most[keyPath: quantity]
            let least = max(whole * Self.shareMin, .leastNormalMagnitude)
            return max(whole - fewest[keyPath: quantity], least)
        }
        lossBitsPerByte = max(Self.lossMin, least.bitsPerByte - best.bitsPerByte)
        (seconds, joules, cost) = (difference(\.seconds), difference(\.joules), difference(\.cost))
    }
}
