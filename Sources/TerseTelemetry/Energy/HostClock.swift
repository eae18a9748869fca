import Foundation

/// The processor time of all processes of a Linux host together (`/proc/stat`, proc_stat(5)).
public struct HostClock: Sendable {
    /// Those of the host, also where this process may use only some of them.
    public let logicalProcessors: Int
    private let path: String
    private let ticksPerSecond: Double

    /// - Parameter root: what `/proc` is looked for below.
    /// - Returns: nil where nothing counts it.
    public init?(root: String = "") {
        path = root + "/proc/stat"
        ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        guard let text = Self.text(path), Self.busyTicks(text) != nil else { return nil }
        logicalProcessors = text.split(separator: "\n").count { $0.prefixMatch(of: #/cpu\d+ /#) != nil }
    }

    /// Seconds that went by, and of processor time, from any start.
    /// - Throws: `TelemetryError` (`badData`).
    public func now() throws(TelemetryError) -> (seconds: Double, processorSeconds: Double) {
        guard let ticks = Self.text(path).flatMap({ Self.busyTicks($0) }) else {
            throw TelemetryError(.badData, "\(path): expected a line `cpu` with at least seven counts, found none")
        }
        return (EstimatingMeter.seconds(CLOCK_MONOTONIC), ticks / ticksPerSecond)
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// User, nice, system, interrupts of both kinds; not idle, nor waiting for input, nor what other guests of the same
    /// machine took. Time of virtual machines is in user and nice.
    private static func busyTicks(_ text: String) -> Double? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else { return nil }
        let counts = line.split(separator: " ").dropFirst().map { UInt64($0) }
        guard counts.count >= 7 else { return nil }
        var ticks = 0.0
        for index in [0, 1, 2, 5, 6] {
            guard let count = counts[index] else { return nil }
            ticks += Double(count)
        }
        return ticks
    }
}
