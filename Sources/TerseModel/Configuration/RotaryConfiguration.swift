import Foundation
import TerseTensor

/// Rotary position embedding (arXiv:2104.09864) and what stretches it to longer contexts.
public struct RotaryConfiguration: Sendable, Equatable {
    /// How angles are stretched.
    public enum Scaling: Sendable, Equatable {
        case none
        /// Positions divided by a factor (arXiv:2306.15595).
        case linear(factor: Float)
        /// Slow pairs interpolated, fast ones kept, attention made sharper (arXiv:2309.00071).
        case yarn(Yarn)
    }

    /// YaRN's parameters.
    public struct Yarn: Sendable, Equatable {
        /// How much longer the context became.
        public var factor: Float
        /// The context that the model was trained with at first.
        public var originalContext: Int
        /// Turns in the original context from which a pair is kept as it is.
        public var betaFast: Float = 32
        /// Turns up to which a pair is interpolated wholly.
        public var betaSlow: Float = 1

        public init(factor: Float, originalContext: Int) {
            self.factor = factor
            self.originalContext = originalContext
        }
    }

    public var layout: RotaryLayout
    public var base: Float = 10_000
    public var scaling = Scaling.none
    /// A further factor on the rotated values, of the file.
    public var attentionFactor: Float = 1

    public init(layout: RotaryLayout) {
        self.layout = layout
    }

    /// Angle per position of each of the `dimension / 2` pairs, and the factor on the rotated values.
    ///
    /// - Parameter divisors: llama-3's per-pair factors (the tensor `rope_freqs`), which divide the angle, or nil.
    ///
    /// As llama.cpp computes them, in double precision: YaRN's ramp runs over pairs between the two correction
    /// dimensions rounded outwards, and the factor is 0.1 · ln(factor) + 1.
    func frequencies(dimension: Int, divisors: [Float]?) -> (inverse: [Double], attentionFactor: Float) {
        let pairs = dimension / 2
        var inverse: [Double] = []
        inverse.reserveCapacity(pairs)
        for pair in 0..<pairs {
            let plain = pow(Double(base), -2 * Double(pair) / Double(dimension)) / Double(divisors?[pair] ?? 1)
            switch scaling {
            case .none: inverse.append(plain)
            case .linear(let factor): inverse.append(plain / Double(factor))
            case .yarn(let yarn):
                let kept = yarn.keptShare(pair: pair, dimension: dimension, base: base)
                inverse.append(plain / Double(yarn.factor) * (1 - kept) + plain * kept)
            }
        }
        guard case .yarn(let yarn) = scaling else { return (inverse, attentionFactor) }
        return (inverse, attentionFactor * Float(yarn.sharpening))
    }
}

extension RotaryConfiguration.Yarn {
    /// The share of a pair's own frequency, against the interpolated one: 1 for fast pairs, 0 for slow ones.
    func keptShare(pair: Int, dimension: Int, base: Float) -> Double {
        let low = max(0, correctionDimension(turns: betaFast, dimension: dimension, base: base).rounded(.down))
        let high = min(
            Double(dimension - 1), correctionDimension(turns: betaSlow, dimension: dimension, base: base).rounded(.up))
        let ramp = (Double(pair) - low) / max(0.001, high - low)
        return 1 - min(1, max(0, ramp))
    }

    /// The pair that makes `turns` turns within the original context.
    private func correctionDimension(turns: Float, dimension: Int, base: Float) -> Double {
        Double(dimension) * log(Double(originalContext) / (Double(turns) * 2 * .pi)) / (2 * log(Double(base)))
    }

    /// The factor on rotated queries and keys, by which attention is sharpened over the longer context.
    var sharpening: Double { factor <= 1 ? 1 : 0.1 * log(Double(factor)) + 1 }
}
