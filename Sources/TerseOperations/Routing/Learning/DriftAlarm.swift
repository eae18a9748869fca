import Foundation

/// A variant has become worse than it was.
public struct DriftAlarm: Sendable, Equatable, Codable, CustomStringConvertible {
    public let variant: String
    public let quantity: DriftQuantity
    /// By how much, while it drifted: of quality in standard deviations of what is expected, of disagreement in its own
    /// unit, of times as the logarithm of the ratio.
    public let growth: Double
    /// Since it began to, as it seems.
    public let observations: Int

    public var description: String {
        let amount =
            switch quantity {
            case .quality: String(format: "worse by %.2f standard deviations", growth)
            case .disagreement: String(format: "more by %.3f", growth)
            case .timeToFirstToken, .timePerOutputToken: String(format: "%.2f times as long", exp(growth))
            }
        return "\(variant): \(quantity.rawValue): \(amount) over the last \(observations) observations"
    }
}
