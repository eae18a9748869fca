import Foundation
import TestSupport
import Testing

@testable import TerseTelemetry

/// Joules, counted and estimated.
@Suite struct EnergyTests {
    let root: TemporaryFolder

    init() throws { root = try TemporaryFolder() }

    private func zone(_ folder: String, _ name: String, _ microjoules: String, range: String = "1000000") throws {
        let path = root.url.appending(path: "sys/class/powercap/\(folder)")
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        for (file, text) in [("name", name), ("energy_uj", microjoules), ("max_energy_range_uj", range)] {
            try Data((text + "\n").utf8).write(to: path.appending(path: file))
        }
    }

    private func open() -> RAPLMeter? { RAPLMeter(root: root.url.path) }

    /// Two packages and a memory count; parts of a package, the whole platform and other drivers do not.
    @Test func packagesAndMemoryAreAddedUp() throws {
        try zone("intel-rapl:0", "package-0", "1000")
        try zone("intel-rapl:1", "package-1", "2000")
        try zone("intel-rapl:0:0", "core", "5")
        try zone("intel-rapl:0:1", "dram", "700")
        try zone("intel-rapl:2", "psys", "5")
        try zone("intel-rapl-mmio:0", "package-0", "5")
        let meter = try #require(open())
        #expect(meter.zoneNames == ["package-0", "dram", "package-1"] && meter.isMeasured)
        #expect(try meter.joules() == 0)
        try zone("intel-rapl:0", "package-0", "501000")
        try zone("intel-rapl:0:0", "core", "900000")
        try zone("intel-rapl:0:1", "dram", "100700")
        #expect(abs(try meter.joules() - 0.6) < 1e-12)
        try zone("intel-rapl:1", "package-1", "402000")
        #expect(abs(try meter.joules() - 1.0) < 1e-12)
    }

    @Test func countersWrapRound() throws {
        try zone("intel-rapl:0", "package-0", "900000")
        let meter = try #require(open())
        try zone("intel-rapl:0", "package-0", "100000")
        #expect(abs(try meter.joules() - 0.2) < 1e-12)
    }

    @Test func withoutReadableCountersThereIsNoMeter() throws {
        #expect(open() == nil)
        try zone("intel-rapl:0:1", "dram", "700")
        #expect(open() == nil, "memory alone is not the host")
        try zone("intel-rapl:0", "package-0", "1000")
        #expect(open() != nil)
        for bad in ["", "-1", "1e3", "1000001", "99999999999999999999999"] {
            try zone("intel-rapl:1", "package-1", bad)
            #expect(open() == nil, "half of the packages is not the host: \(bad)")
        }
        try zone("intel-rapl:1", "package-1", "0", range: "0")
        #expect(open() == nil)
    }

    @Test func aCounterThatGoesAwayIsAnError() throws {
        try zone("intel-rapl:0", "package-0", "1000")
        let meter = try #require(open())
        for bad in ["nonsense", "1000001"] {
            try zone("intel-rapl:0", "package-0", bad)
            #expect { try meter.joules() } throws: { error in
                let message = (error as? TelemetryError)?.message ?? ""
                return message.contains("intel-rapl:0/energy_uj") && message.contains(bad)
            }
        }
        try FileManager.default.removeItem(at: root.url.appending(path: "sys/class/powercap/intel-rapl:0"))
        #expect(throws: TelemetryError.self) { try meter.joules() }
    }

    /// 10 W idle and 3 W for each busy processor: 2 s with 3 s of processor time are 29 J.
    @Test func energyIsEstimatedFromTime() throws {
        let model = try PowerModel(idleWatts: 10, busyProcessorWatts: 3)
        #expect(model.joules(seconds: 2, processorSeconds: 3) == 29)
        var now = (seconds: 100.0, processorSeconds: 7.0)
        let meter = try EstimatingMeter(model) { now }
        #expect(try meter.joules() == 0 && !meter.isMeasured)
        now = (102, 10)
        #expect(try meter.joules() == 29)
        // A processor that was taken away took its time with it.
        now = (102, 9)
        #expect(try meter.joules() == 29)
        let assumed = PowerModel.assumed(logicalProcessors: 4)
        #expect(abs(assumed.joules(seconds: 1, processorSeconds: 4) - 4 * 3.5) < 1e-12)
        for bad in [-1, .nan, .infinity, 1e6] {
            #expect(throws: TelemetryError.self) { try PowerModel(idleWatts: bad, busyProcessorWatts: 1) }
            #expect(throws: TelemetryError.self) { try PowerModel(idleWatts: 1, busyProcessorWatts: bad) }
        }
    }

    private func stat(_ text: String) throws {
        let folder = root.url.appending(path: "proc")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: folder.appending(path: "stat"))
    }

    /// Idle time, waiting for input and what other guests took are nobody's work; guests' time is in user time already.
    @Test func theHostsProcessorsAreCounted() throws {
        #expect(HostClock(root: root.url.path) == nil)
        for bad in ["", "cpu 1 2 3\n", "cpu a 2 3 4 5 6 7 8 9 10\n", "intr 1 2 3 4 5 6 7\n"] {
            try stat(bad)
            #expect(HostClock(root: root.url.path) == nil, "\(bad)")
        }
        try stat("cpu  100 20 30 4000 500 6 7 800 90 9\ncpu0 50 1 1 1 1 1 1 1 1 1\ncpu1 50 1 1 1 1 1 1 1 1 1\nintr 5\n")
        let clock = try #require(HostClock(root: root.url.path))
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        #expect(clock.logicalProcessors == 2)
        #expect(try clock.now().processorSeconds == 163 / ticks)
        let meter = try EstimatingMeter(PowerModel(idleWatts: 0, busyProcessorWatts: 5)) { () throws(TelemetryError) in
            try clock.now()
        }
        try stat("cpu  300 20 30 9000 900 6 7 900 90 9\n")
        #expect(abs(try meter.joules() - 5 * 200 / ticks) < 1e-9)
        try stat("nonsense")
        #expect { try meter.joules() } throws: { ("\($0)").contains("proc/stat") }
    }

    @Test func powerIsAveragedOverAWindow() {
        var power = PowerAverage(window: 10)
        #expect(power.watts == nil)
        power.add(joules: 100, at: 0)
        #expect(power.watts == nil)
        power.add(joules: 120, at: 1)
        #expect(power.watts == 20)
        power.add(joules: 999, at: 1)
        #expect(power.watts == 20, "no time has gone by")
        for second in 2...10 { power.add(joules: 120 + 30 * Double(second - 1), at: Double(second)) }
        #expect(power.watts == 29)
        power.add(joules: 420, at: 11)
        #expect(power.watts == 30, "the first second has left the window")
        // After a pause longer than the window, the mean is over the pause.
        power.add(joules: 520, at: 111)
        #expect(power.watts == 1)
    }

    /// However often it is read, readings are bounded.
    @Test func manyReadingsAreBounded() {
        var power = PowerAverage(window: 1e9)
        for second in 0..<1000 { power.add(joules: second < 900 ? 0 : Double(second - 899), at: Double(second)) }
        #expect(power.watts == 1)
    }

    /// The clocks of this process go forward, and work takes processor time.
    @Test func theProcessIsTimed() {
        let before = EstimatingMeter.processClock()
        var sum = 0.0
        for number in 0..<200_000 { sum += Double(number).squareRoot() }
        let after = EstimatingMeter.processClock()
        #expect(sum > 0 && after.seconds > before.seconds && after.processorSeconds > before.processorSeconds)
    }
}
