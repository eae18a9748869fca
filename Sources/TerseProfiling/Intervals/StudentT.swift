import Foundation

/// Student's distribution, as far as intervals of 95 % need it.
enum StudentT {
    /// The normal distribution's 97.5th percentile, where Student's tends to.
    static let normal975 = 1.959_963_984_540_054
    /// From here on the normal distribution's is right to four figures.
    private static let normalFrom = 10_000

    /// The 97.5th percentile, by bisection.
    static func quantile975(degreesOfFreedom: Int) -> Double {
        precondition(degreesOfFreedom > 0)
        guard degreesOfFreedom < normalFrom else { return normal975 }
        var (low, high) = (normal975, 13.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if probability(within: middle, degreesOfFreedom) < 0.95 { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The probability of values from −t to t: finite series in the angle whose tangent is t/√ν (Abramowitz and Stegun,
    /// 26.7.3 and 26.7.4).
    static func probability(within t: Double, _ degreesOfFreedom: Int) -> Double {
        let angle = atan(t / Double(degreesOfFreedom).squareRoot())
        let (sine, cosine) = (sin(angle), cos(angle))
        let isOdd = !degreesOfFreedom.isMultiple(of: 2)
        var (term, sum) = (isOdd ? cosine : 1, 0.0)
        // Odd: cos + ⅔ cos³ + ⅔·⅘ cos⁵ + …; even: 1 + ½ cos² + ½·¾ cos⁴ + …; each up to the power ν − 2.
        for power in stride(from: isOdd ? 1 : 0, through: degreesOfFreedom - 2, by: 2) {
            sum += term
            term *= cosine * cosine * Double(power + 1) / Double(power + 2)
        }
        return isOdd ? 2 / Double.pi * (angle + sine * sum) : sine * sum
    }
}
