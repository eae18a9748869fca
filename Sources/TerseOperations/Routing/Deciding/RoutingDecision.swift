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

    /// Variants that `headerText` tells of, and characters of their names.
    static let headerVariantsMax = 4
    static let headerNameMax = 64

    /// One line of ASCII: who answers and why, then predictions and obstacles of that variant and of those with the
    /// next least scores.
    /// - Parameter answering: who answers in the end, where that may be another one.
    public func headerText(answeredBy answering: String? = nil) -> String {
        let first = predictions.filter { $0.variant == variant }
        let others = predictions.filter { $0.variant != variant }.sorted { $0.score < $1.score }
        let told = (first + others).prefix(Self.headerVariantsMax).map(Self.text)
        let head = [Self.name(variant ?? "none"), reason.rawValue]
        let escalation = escalation.map { ["may escalate to " + Self.name($0)] } ?? []
        let other = answering.flatMap { $0 == variant ? nil : ["answered by " + Self.name($0)] } ?? []
        return (head + escalation + other + told).joined(separator: "; ")
    }

    private static func text(_ prediction: VariantPrediction) -> String {
        let figures = String(
            format: "loss=%.3f+-%.3f ttft=%.1fms time=%.1fms energy=%.3gJ score=%.3f", prediction.lossBitsPerByte,
            prediction.lossDeviation, prediction.timeToFirstToken * 1000, prediction.seconds * 1000,
            prediction.joules, prediction.score)
        let obstacles = prediction.obstacles.map(\.rawValue).joined(separator: ",")
        return name(prediction.variant) + " " + figures + (obstacles.isEmpty ? "" : " not=" + obstacles)
    }

    /// Names are whatever people gave; a header's value is not.
    private static func name(_ text: String) -> String {
        let kept = text.unicodeScalars.prefix(headerNameMax)
        return String(kept.map { $0.value >= 0x20 && $0.value < 0x7F && $0 != ";" ? Character($0) : "?" })
    }
}
