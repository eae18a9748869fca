/// What is wrong with a profile, a policy, a header or a trace.
public struct RoutingError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    /// - Throws: `RoutingError` unless `value` is finite and at least `least`.
    static func check(_ name: String, _ value: Double, least: Double = 0) throws(RoutingError) {
        guard value.isFinite, value >= least else {
            throw RoutingError("\(name): expected a number of at least \(least), found \(value)")
        }
    }

    /// - Throws: `RoutingError` unless `value` is finite and above zero.
    static func checkPositive(_ name: String, _ value: Double) throws(RoutingError) {
        guard value.isFinite, value > 0 else {
            throw RoutingError("\(name): expected a number above 0, found \(value)")
        }
    }
}
