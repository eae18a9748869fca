/// Joules, counted up: the difference of two readings is what was spent between them.
///
/// Belongs to one thread.
public protocol EnergyMeter: AnyObject {
    /// Whether hardware counts; else the joules are an estimate from a stated model.
    var isMeasured: Bool { get }

    /// Joules since the meter was made; never fewer than at the last reading.
    /// - Throws: `TelemetryError` (`badData`) when a counter cannot be read any more.
    func joules() throws(TelemetryError) -> Double
}
