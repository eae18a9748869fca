/// Watts in the mean of some seconds, from readings of an energy meter.
public struct PowerAverage: Sendable {
    /// Seconds that count.
    public let window: Double
    private var readings: [(seconds: Double, joules: Double)] = []

    /// Readings that are kept: of more within the window, the oldest go first.
    private static let readingsMax = 64

    public init(window: Double) { self.window = window }

    /// - Parameters:
    ///   - joules: counted up, as meters do.
    ///   - seconds: of a clock that goes forward; another reading at the same time is passed over.
    public mutating func add(joules: Double, at seconds: Double) {
        guard readings.last.map({ $0.seconds < seconds }) ?? true else { return }
        readings.append((seconds, joules))
        // The first is where the window begins, or before.
        while readings.count > Self.readingsMax || (readings.count > 2 && seconds - readings[1].seconds >= window) {
            readings.removeFirst()
        }
    }

    /// nil until there are two readings.
    public var watts: Double? {
        guard let first = readings.first, let last = readings.last, last.seconds > first.seconds else { return nil }
        return (last.joules - first.joules) / (last.seconds - first.seconds)
    }
}
