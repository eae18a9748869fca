import Foundation

/// Estimates the energy of this process by a power model, from the time that goes by and the processor time that it takes.
/// The whole idle power is this process's.
public final class EstimatingMeter: EnergyMeter {
    /// Seconds that went by, and of processor time.
    public typealias Clock = () -> (seconds: Double, processorSeconds: Double)

    public let model: PowerModel
    private let clock: Clock
    private let start: (seconds: Double, processorSeconds: Double)

    public var isMeasured: Bool { false }

    /// - Parameter clock: this process's, unless another is given.
    public init(_ model: PowerModel, clock: @escaping Clock = EstimatingMeter.processClock) {
        self.model = model
        self.clock = clock
        start = clock()
    }

    /// Joules since the meter was made.
    public func joules() -> Double {
        let now = clock()
        return model.joules(
            seconds: now.seconds - start.seconds, processorSeconds: now.processorSeconds - start.processorSeconds)
    }

    /// The monotonic clock and the processor time of all threads.
    public static func processClock() -> (seconds: Double, processorSeconds: Double) {
        (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
