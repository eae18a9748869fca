import TerseRegistry

/// A value with its interval of 95 %, and how that was found.
public struct Interval: Sendable, Equatable {
    public let value: Double
    public let low: Double
    public let high: Double
    /// The repetitions, windows or questions behind it.
    public let samples: Int
    public let method: Method

    /// How an interval was found.
    public enum Method: String, Sendable {
        /// The median of repetitions between two of them.
        case orderStatistics = "order_statistics"
        /// A ratio of sums over windows of a text, with the spread between windows.
        case windows = "ratio_over_windows"
        /// A share of questions.
        case wilson = "wilson_score"
        /// Read once: the interval is the value itself.
        case single = "single_reading"
    }

    /// A value that was read once.
    public static func single(_ value: Double) -> Interval {
        Interval(value: value, low: value, high: value, samples: 1, method: .single)
    }

    /// The interval of a function of the value that only rises, or only falls.
    public func mapped(_ function: (Double) -> Double) -> Interval {
        let ends = (function(low), function(high))
        return Interval(
            value: function(value), low: min(ends.0, ends.1), high: max(ends.0, ends.1), samples: samples,
            method: method)
    }

    /// The interval without what cannot be; the value must be within.
    public func clamped(to limits: ClosedRange<Double>) -> Interval {
        Interval(
            value: value, low: max(low, limits.lowerBound), high: min(high, limits.upperBound), samples: samples,
            method: method)
    }
}
