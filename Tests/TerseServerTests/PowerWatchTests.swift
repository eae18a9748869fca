import Foundation
import TerseTelemetry
import TestSupport
import Testing

@testable import TerseServer

/// A host's power beside its budget, of a host that is made up.
@Suite struct PowerWatchTests {
    let root: TemporaryFolder

    init() throws { root = try TemporaryFolder() }

    private func write(_ text: String, to path: String) throws {
        let file = root.url.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func counter(_ microjoules: Int) throws {
        let zone = "sys/class/powercap/intel-rapl:0"
        try write("package-0\n", to: "\(zone)/name")
        try write("1000000000000\n", to: "\(zone)/max_energy_range_uj")
        try write("\(microjoules)\n", to: "\(zone)/energy_uj")
    }

    private func watch(_ budget: PowerBudget) throws -> PowerWatch {
        try PowerWatch(budget, root: root.url.path, logger: RoutingSample.logger)
    }

    @Test func countersAreWatched() throws {
        try counter(0)
        let watch = try watch(PowerBudget(watts: 20))
        #expect(watch.isMeasured && watch.watts == nil && watch.wattsFree == nil)
        try watch.read()
        #expect(watch.json["watts"] == .null && watch.metrics.count == 1)
        usleep(20_000)
        try counter(1_000_000_000)
        try watch.read()
        // A thousand joules in much less than a second.
        let watts = try #require(watch.watts)
        #expect(watts > 1000 && watch.wattsFree == 20 - watts)
        #expect(watch.json["free_watts"]?.doubleValue == 20 - watts && watch.json["basis"] == "measured")
        #expect(MetricPage.text(watch.metrics).contains("terse_host_power_watts{basis=\"measured\"} "))
        try write("nonsense", to: "sys/class/powercap/intel-rapl:0/energy_uj")
        #expect(throws: TelemetryError.self) { try watch.read() }
    }

    /// Where the power cannot be read any more there is no budget, instead of one that was kept or exceeded once.
    @Test func withoutCountersThereIsNoBudget() async throws {
        try counter(0)
        let watch = try watch(PowerBudget(watts: 20))
        try watch.read()
        usleep(2000)
        try watch.read()
        #expect(watch.wattsFree == 20)
        try write("nonsense", to: "sys/class/powercap/intel-rapl:0/energy_uj")
        let task = Task { try await watch.run() }
        let isGone = await eventually { watch.wattsFree == nil }
        #expect(isGone)
        // And there is one again when it can.
        try counter(0)
        let isBack = await eventually { watch.wattsFree == 20 }
        #expect(isBack)
        task.cancel()
        try? await task.value
    }

    @Test func powerIsEstimatedByAModel() throws {
        #expect { try watch(PowerBudget(watts: 20)) } throws: { ("\($0)").contains("found neither") }
        try write("cpu  1 0 0 0 0 0 0 0 0 0\ncpu0 1 0 0 0 0 0 0 0 0 0\n", to: "proc/stat")
        let model = try PowerModel(idleWatts: 7, busyProcessorWatts: 0)
        let estimate = try watch(PowerBudget(watts: 20, model: model))
        #expect(!estimate.isMeasured && estimate.json["basis"] == "estimated")
        try estimate.read()
        usleep(10_000)
        try estimate.read()
        #expect(abs(try #require(estimate.watts) - 7) < 0.1)
        // A model that is given counts more than counters do.
        try counter(0)
        #expect(try !watch(PowerBudget(watts: 20, model: model)).isMeasured)
        #expect(try watch(PowerBudget(watts: 20)).isMeasured)
        for bad in [0, -1, .nan, .infinity, 1e6] {
            #expect(throws: ServerError.self) { try PowerBudget(watts: bad) }
        }
    }

    /// Above the budget requests go where they take the least energy.
    @Test func routesKeepToTheBudget() throws {
        try counter(0)
        let watch = try watch(PowerBudget(watts: 20))
        let endpoints = RoutingSample.endpoints()
        let desk = try RoutingSample.desk(endpoints, power: watch)
        func decide() -> String {
            let decision = desk.decide(RoutingSample.features(), since: .now)
            return "\(decision.variant ?? "none"), \(decision.reason.rawValue)"
        }
        #expect(decide() == "big, best")
        try watch.read()
        usleep(2000)
        try watch.read()
        #expect(decide() == "big, best")
        try counter(1_000_000_000)
        usleep(2000)
        try watch.read()
        #expect(decide() == "small, power")
    }
}
