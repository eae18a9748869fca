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
        let meter = EstimatingMeter(model) { now }
        #expect(meter.joules() == 0 && !meter.isMeasured)
        now = (102, 10)
        #expect(meter.joules() == 29)
        let assumed = PowerModel.assumed(logicalProcessors: 4)
        #expect(abs(assumed.joules(seconds: 1, processorSeconds: 4) - 4 * 3.5) < 1e-12)
        for bad in [-1, .nan, .infinity, 1e6] {
            #expect(throws: TelemetryError.self) { try PowerModel(idleWatts: bad, busyProcessorWatts: 1) }
            #expect(throws: TelemetryError.self) { try PowerModel(idleWatts: 1, busyProcessorWatts: bad) }
        }
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
