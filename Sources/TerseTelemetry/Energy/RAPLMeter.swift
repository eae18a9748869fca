import Foundation

/// Reads the energy counters of the processor packages and their memory (RAPL) from Linux's powercap tree, of Intel's
/// processors and AMD's alike (Documentation/power/powercap).
///
/// They count what the whole host spends, other processes included. A counter wraps round at `max_energy_range_uj`, so it
/// must be read more often than that takes: minutes at full power.
public final class RAPLMeter: EnergyMeter {
    /// A counter.
    private struct Zone {
        let name: String
        let path: String
        /// At which the counter starts from zero again, in microjoules.
        let range: UInt64
        var last: UInt64
    }

    private var zones: [Zone]
    private var microjoules = 0.0

    public var isMeasured: Bool { true }
    /// What is counted: `package-0`, `dram`.
    public var zoneNames: [String] { zones.map(\.name) }

    /// Packages, and memory, which packages do not include. Cores and graphics are parts of a package, and `psys` has it
    /// all once more.
    private static func isCounted(_ name: String) -> Bool { name.hasPrefix("package-") || name == "dram" }

    /// - Parameter root: what `/sys` is looked for below.
    /// - Returns: nil where there are no such counters or this user may not read them (since Linux 5.10 only root may).
    public init?(root: String = "") {
        let folder = root + "/sys/class/powercap"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var zones: [Zone] = []
        for name in names.sorted() where name.wholeMatch(of: #/intel-rapl(:\d+)+/#) != nil {
            let zone = "\(folder)/\(name)"
            guard let label = Self.text("\(zone)/name"), Self.isCounted(label) else { continue }
            // All or nothing: half of the packages would pass for the whole.
            guard let range = Self.text("\(zone)/max_energy_range_uj").flatMap({ UInt64($0) }), range > 0,
                let now = Self.text("\(zone)/energy_uj").flatMap({ UInt64($0) }), now <= range
            else { return nil }
            zones.append(Zone(name: label, path: "\(zone)/energy_uj", range: range, last: now))
        }
        guard zones.contains(where: { $0.name.hasPrefix("package-") }) else { return nil }
        self.zones = zones
    }

    /// Joules that the host spent since the meter was made.
    /// - Throws: `TelemetryError` (`badData`) naming the counter that cannot be read any more.
    public func joules() throws(TelemetryError) -> Double {
        for index in zones.indices {
            let zone = zones[index]
            let found = Self.text(zone.path)
            guard let now = found.flatMap({ UInt64($0) }), now <= zone.range else {
                throw TelemetryError(
                    .badData,
                    "\(zone.path): expected microjoules, 0 to \(zone.range), found "
                        + (found.map { $0.prefix(40).debugDescription } ?? "no readable file"))
            }
            microjoules += Double(now >= zone.last ? now - zone.last : zone.range - zone.last + now)
            zones[index].last = now
        }
        return microjoules / 1e6
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map {
            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
}
