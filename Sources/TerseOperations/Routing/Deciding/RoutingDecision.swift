import Foundation

/// Where a request goes, and why.
public struct RoutingDecision: Sendable, Equatable, Codable {
    /// Counts a router's decisions.
    public let number: Int
    /// The clock's reading, in seconds.
    public let time: Double
    /// nil: it is refused.
    public let variant: String?
    public let reason: RoutingReason
    /// Who begins anew where the answer's first tokens look unsure; nil in no cascade.
    public let escalation: String?
    /// So many tokens are generated before `Router.escalates` is asked; nil in no cascade.
    public let probeTokens: Int?
    /// Of every variant, in the order of the profiles.
    public let predictions: [VariantPrediction]

    enum CodingKeys: String, CodingKey {
        case number, time, variant, reason, escalation
        case probeTokens = "probe_tokens"
        case predictions
    }

    /// The response header that has `headerText`.
    public static let header = "x-terse-route"

    /// One line of ASCII: who answers and why, then every variant's predictions and obstacles.
    public var headerText: String {
        let others = predictions.map { prediction in
            let figures = String(
                format: "loss=%.3f+-%.3f ttft=%.1fms time=%.1fms energy=%.3gJ score=%.3f", prediction.lossBitsPerByte,
                prediction.lossDeviation, prediction.timeToFirstToken * 1000, prediction.seconds * 1000,
                prediction.joules,
                prediction.score)
            let obstacles = prediction.obstacles.map(\.rawValue).joined(separator: ",")
            return prediction.variant + " " + figures + (obstacles.isEmpty ? "" : " not=" + obstacles)
        }
        let head = [variant ?? "none", reason.rawValue] + (escalation.map { ["may escalate to " + $0] } ?? [])
        return Self.ascii((head + others).joined(separator: "; "))
    }

    /// Names are whatever people gave; a header's value is not.
    private static func ascii(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?" })
    }
}
