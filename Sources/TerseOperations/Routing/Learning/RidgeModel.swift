import Foundation

/// Linear regression that learns one observation after the other, and knows how sure it is.
///
/// The weights have the prior N(0, τ²I), an observation y = wᵀx + N(0, σ² / its weight). The posterior comes by
/// recursive least squares with forgetting (Haykin, Adaptive Filter Theory, chapter 10), which lets old observations
/// fade, but never beyond the prior. An outlier counts as if it were `outlierMin` deviations away (Huber's score).
/// O(d²) an operation for d features.
struct RidgeModel: Sendable, Equatable, Codable {
    private(set) var weights: [Double]
    /// The weights' covariance over σ², row by row.
    private var covariance: [Double]
    /// σ², estimated from the residuals.
    private(set) var noiseVariance: Double
    private(set) var observations = 0
    private let priorTrace: Double

    /// Each observation leaves this much of those before: a memory of 5,000.
    private static let remembered = 1 - 1 / 5000.0
    private static let outlierMin = 4.0
    /// Observations that the first guess of σ² counts for.
    private static let noisePriorCount = 20.0
    /// σ² is the mean over as many residuals at most.
    private static let noiseMemory = 1000.0

    /// - Parameters:
    ///   - priorDeviation: τ, in the unit of y for features of about 1.
    ///   - noiseDeviation: σ until the residuals show it.
    init(features: Int, priorDeviation: Double, noiseDeviation: Double) {
        let variance = priorDeviation * priorDeviation / (noiseDeviation * noiseDeviation)
        weights = Array(repeating: 0, count: features)
        covariance = Array(repeating: 0, count: features * features)
        for index in 0..<features { covariance[index * features + index] = variance }
        noiseVariance = noiseDeviation * noiseDeviation
        priorTrace = variance * Double(features)
    }

    /// Whether it takes vectors of so many numbers, all its own being finite.
    func isWhole(features: Int) -> Bool {
        weights.count == features && covariance.count == features * features
            && (weights + covariance + [noiseVariance]).allSatisfy(\.isFinite) && noiseVariance > 0
    }

    /// What is expected at `x`.
    func mean(_ x: [Double]) -> Double {
        var sum = 0.0
        for index in weights.indices { sum += weights[index] * x[index] }
        return sum
    }

    /// How far off `mean` may be, as a standard deviation; the noise of a single observation is not in it.
    func deviation(_ x: [Double]) -> Double { (noiseVariance * spread(x, spreading(x))).squareRoot() }

    /// - Parameter weight: how many observations it counts for: less than 1 for one with more noise.
    /// - Returns: the residual before it was learned, in standard deviations of what was expected.
    @discardableResult
    mutating func learn(_ x: [Double], _ y: Double, weight: Double = 1) -> Double {
        let spreading = spreading(x)
        let variance = 1 / weight + spread(x, spreading)
        let limit = Self.outlierMin * (noiseVariance * variance).squareRoot()
        let residual = y - mean(x)
        let step = max(-limit, min(limit, residual)) / variance
        let count = weights.count
        for row in 0..<count {
            weights[row] += spreading[row] * step
            let scaled = spreading[row] / variance
            for column in 0..<count { covariance[row * count + column] -= scaled * spreading[column] }
        }
        forget()
        observations += 1
        let share = 1 / min(Double(observations) + Self.noisePriorCount, Self.noiseMemory)
        noiseVariance += share * (step * step * variance - noiseVariance)
        return residual * Self.outlierMin / limit
    }

    /// Covariance times x.
    private func spreading(_ x: [Double]) -> [Double] {
        let count = weights.count
        var product = Array(repeating: 0.0, count: count)
        for row in 0..<count {
            var sum = 0.0
            for column in 0..<count { sum += covariance[row * count + column] * x[column] }
            product[row] = sum
        }
        return product
    }

    private func spread(_ x: [Double], _ spreading: [Double]) -> Double {
        var sum = 0.0
        for index in weights.indices { sum += x[index] * spreading[index] }
        return max(0, sum)
    }

    /// What nobody observes any more would otherwise become ever less sure, without bound.
    private mutating func forget() {
        let count = weights.count
        var trace = 0.0
        for index in 0..<count { trace += covariance[index * count + index] }
        guard trace < priorTrace * Self.remembered else { return }
        for index in covariance.indices { covariance[index] /= Self.remembered }
    }
}
