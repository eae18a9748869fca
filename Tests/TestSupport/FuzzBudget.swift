import Foundation

/// How many damaged inputs a test tries. Without `TERSE_FUZZ_SECONDS` a fixed number, so that a run repeats exactly
/// however busy the machine is; with it, that number and then as many more as the time allows. `TERSE_FUZZ_SEED` says
/// where the damage starts.
public struct FuzzBudget {
    /// Set by who fuzzes for longer than a run of the tests may take.
    public static let seconds = ProcessInfo.processInfo.environment["TERSE_FUZZ_SECONDS"].flatMap(Double.init)

    public static let seed = ProcessInfo.processInfo.environment["TERSE_FUZZ_SEED"].flatMap(UInt64.init) ?? 1

    private var remaining: Int
    private let end = Self.seconds.map { ContinuousClock.now + .seconds($0) }

    public init(variants: Int) { remaining = variants }

    /// True as long as another input is to be tried, which this call then counts.
    public mutating func spend() -> Bool {
        remaining -= 1
        return remaining >= 0 || end.map { ContinuousClock.now < $0 } ?? false
    }
}
