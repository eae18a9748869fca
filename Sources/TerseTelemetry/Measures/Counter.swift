import Synchronization

/// A count that only grows. May be counted up from any thread.
public final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    public init() {}

    public var value: Int { count.load(ordering: .relaxed) }

    /// - Parameter amount: not negative.
    public func add(_ amount: Int = 1) {
        precondition(amount >= 0, "a counter cannot go back by \(amount)")
        count.add(amount, ordering: .relaxed)
    }
}
