import Synchronization

/// How often a measurement fell into which range, cumulatively told as Prometheus does. May be fed from any thread.
public final class Histogram: Sendable {
    /// What was measured up to now.
    public struct Snapshot: Sendable, Equatable {
        /// Upper ends of the ranges, rising; beyond the last is one more range.
        public let bounds: [Double]
        /// Measurements of each range, one more than bounds.
        public let counts: [Int]
        public let sum: Double

        public init(bounds: [Double], counts: [Int], sum: Double) {
            self.bounds = bounds
            self.counts = counts
            self.sum = sum
        }

        public var count: Int { counts.reduce(0, +) }

        /// The value that a share of all measurements does not exceed, linear within its range; nil when there is none.
        public func quantile(_ share: Double) -> Double? {
            let count = count
            guard count > 0 else { return nil }
            let rank = share * Double(count)
            var below = 0
            for (index, inside) in counts.enumerated() where inside > 0 {
                if Double(below + inside) >= rank {
                    guard index < bounds.count else { return bounds.last }
                    let low = index == 0 ? 0 : bounds[index - 1]
                    return low + (bounds[index] - low) * max(0, rank - Double(below)) / Double(inside)
                }
                below += inside
            }
            return bounds.last
        }
    }

    private struct State {
        var counts: [Int]
        var sum = 0.0
    }

    public let bounds: [Double]
    private let state: Mutex<State>

    /// - Parameter bounds: upper ends of the ranges, rising.
    public init(bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bounds of a histogram must rise: \(bounds)")
        self.bounds = bounds
        state = Mutex(State(counts: [Int](repeating: 0, count: bounds.count + 1)))
    }

    /// Counts `value` in the first range whose upper end is not below it.
    public func observe(_ value: Double) {
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[index] += 1
            state.sum += value
        }
    }

    /// Counts a duration by its seconds.
    public func observe(_ duration: Duration) { observe(duration / .seconds(1)) }

    public var snapshot: Snapshot {
        state.withLock { Snapshot(bounds: bounds, counts: $0.counts, sum: $0.sum) }
    }
}

extension Histogram {
    /// Seconds from a hundredth to some minutes: waiting for a first token, a queue or a whole answer.
    public static let secondsOfRequests: [Double] = [
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
    ]

    /// Seconds from a tenth of a millisecond to some seconds: between one token and the next.
    public static let secondsOfTokens: [Double] = [
        0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5,
    ]

    /// Tokens of a prompt or an answer.
    public static let tokensOfRequests: [Double] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000,
    ]
}
