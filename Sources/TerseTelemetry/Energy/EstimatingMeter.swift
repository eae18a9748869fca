import Foundation

/// Estimates energy by a power model, from the time that goes by and the processor time that is taken: by this process, to
/// which all idle power is then counted, or by whatever else the clock is of.
public final class EstimatingMeter: EnergyMeter {
    /// Seconds that went by, and of processor time.
    public typealias Clock = () throws(TelemetryError) -> (seconds: Double, processorSeconds: Double)

    public let model: PowerModel
    private let clock: Clock
    private let start: (seconds: Double, processorSeconds: Double)
    private var last = 0.0

    public var isMeasured: Bool { false }

    /// - Parameter clock: this process's, unless another is given.
    /// - Throws: what the clock throws, which this process's never does.
    public init(
        _ model: PowerModel, clock: @escaping Clock = EstimatingMeter.processClock
    ) throws(TelemetryError) {
        self.model = model
        self.clock = clock
        start = try clock()
    }

    /// Joules since the meter was made; no fewer where the clock goes back, as a host's does when a processor is taken away.
    /// - Throws: what the clock throws.
    public func joules() throws(TelemetryError) -> Double {
        let now = try clock()
        last = max(
            last,
            model.joules(
                seconds: now.seconds - start.seconds, processorSeconds: now.processorSeconds - start.processorSeconds))
        return last
    }

    /// The monotonic clock and the processor time of all threads.
    public static func processClock() -> (seconds: Double, processorSeconds: Double) {
        (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
    }

    static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
