import Foundation
import TerseEvaluation
import TerseRegistry

/// Figures of quality from what evaluations found.
public enum QualityProfile {
    /// Perplexity and bits per byte, with the spread between the text's windows.
    ///
    /// The values are the evaluation's. It takes the text's own bytes where all of it was scored, windows those that their
    /// tokens stand for, which may be one more: the interval of bits per byte is as wide for its value as theirs.
    /// - Throws: `ProfilingError`: `tooShort` for fewer than two windows, `badResult`.
    public static func figures(_ result: PerplexityResult) throws(ProfilingError) -> [Profile.Figure] {
        let nats = result.parts.map(\.nats)
        let ofTokens = try interval(nats, result.parts.map { Double($0.tokens) }, "perplexity")
        // Neither nats nor bits can be negative, however few windows there are.
        let perplexity = ofTokens.clamped(to: min(ofTokens.value, 0)...Double.infinity).mapped(exp)
        let ofWindows = try interval(nats, result.parts.map { Double($0.bytes) }, "bits per byte")
        let scale = ofWindows.value > 0 ? result.bitsPerByte / ofWindows.value : 0
        let bits = ofWindows.clamped(to: min(ofWindows.value, 0)...Double.infinity).mapped { $0 * scale }
        guard perplexity.high.isFinite else {
            throw ProfilingError(.badResult, "perplexity: expected a number, found up to \(perplexity.high)")
        }
        return [Profile.Figure(.perplexity, perplexity), Profile.Figure(.bitsPerByte, bits)]
    }

    /// Divergence from the parent and agreement with it, with the spread between the text's windows.
    /// - Throws: `ProfilingError` (`tooShort`) for fewer than two windows.
    public static func figures(_ result: Divergence) throws(ProfilingError) -> [Profile.Figure] {
        let tokens = result.parts.map { Double($0.tokens) }
        let divergence = try interval(result.parts.map(\.nats), tokens, "divergence")
        let agreement = try interval(result.parts.map { Double($0.agreements) }, tokens, "agreement")
        // It is never negative; a sum of rounded terms may be, by a hair.
        return [
            Profile.Figure(.divergence, divergence.clamped(to: min(divergence.value, 0)...Double.infinity)),
            Profile.Figure(.agreement, agreement.clamped(to: 0...1)),
        ]
    }

    /// How often the right answer was found.
    public static func figures(_ result: ChoiceResult) -> [Profile.Figure] {
        [
            (Profile.Quantity.choiceAccuracy, result.accuracy),
            (.choiceAccuracyNormalized, result.normalizedAccuracy),
        ].map { quantity, share in
            let right = Int((share * Double(result.items)).rounded())
            return Profile.Figure(quantity, .share(right, of: result.items))
        }
    }

    private static func interval(
        _ numerators: [Double], _ denominators: [Double], _ what: String
    ) throws(ProfilingError) -> Interval {
        guard let interval = Interval.ratio(numerators, denominators) else {
            guard numerators.count < 2 else {
                throw ProfilingError(.badResult, "\(what): the windows' tokens stand for no bytes")
            }
            throw ProfilingError(
                .tooShort,
                "\(what): expected a text of at least two windows, found \(numerators.count); give a longer text or a "
                    + "shorter --context")
        }
        return interval
    }
}
