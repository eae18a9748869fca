import Logging
import ServiceLifecycle
import Synchronization
import TerseJSON
import TerseTelemetry

/// Watches what power the host takes beside its budget, once a second, in the mean of the last seconds.
final class PowerWatch: Service, Sendable {
    let budget: PowerBudget
    /// Whether hardware counts what the host takes.
    let isMeasured: Bool
    private let meter: Mutex<Meter>
    private let average = Mutex(PowerAverage(window: window))
    private let logger: Logger

    private struct Meter {
        let energy: any EnergyMeter
        let start = ContinuousClock.now
    }

    /// Seconds in the mean of which the budget is kept: power supplies and bills do not know shorter ones, and decisions would
    /// follow every request.
    static let window = 10.0
    private static let pause = Duration.seconds(1)

    /// - Parameter root: what `/sys` and `/proc` are looked for below.
    /// - Throws: `ServerError` where the system says nothing of its power.
    init(_ budget: PowerBudget, root: String = "", logger: Logger) throws(ServerError) {
        let energy: any EnergyMeter
        if budget.model == nil, let counters = RAPLMeter(root: root) {
            energy = counters
        } else {
            energy = try Self.estimate(budget.model, root, logger)
        }
        (self.budget, self.logger, isMeasured) = (budget, logger, energy.isMeasured)
        meter = Mutex(Meter(energy: energy))
    }

    private static func estimate(
        _ model: PowerModel?, _ root: String, _ logger: Logger
    ) throws(ServerError) -> any EnergyMeter {
        guard let clock = HostClock(root: root) else {
            throw ServerError("the host's power: expected readable RAPL counters or \(root)/proc/stat, found neither")
        }
        if model == nil {
            logger.warning(
                "power is estimated by an assumption, since no RAPL counters can be read: --power-model says better")
        }
        let model = model ?? .assumed(logicalProcessors: clock.logicalProcessors)
        do { return try EstimatingMeter(model) { () throws(TelemetryError) in try clock.now() } } catch {
            throw ServerError("the host's power: \(error)")
        }
    }

    /// In the mean; nil in the first second, and while it cannot be read.
    var watts: Double? { average.withLock(\.watts) }

    /// What is left of the budget, less than 0 where it is exceeded.
    var wattsFree: Double? { watts.map { budget.watts - $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var canRead = true
            while !Task.isCancelled {
                do {
                    try self.read()
                    canRead = true
                } catch {
                    if canRead {
                        self.logger.error("the host's power cannot be read", metadata: ["error": "\(error)"])
                    }
                    canRead = false
                    // Routes go on without a budget rather than by what was true once.
                    self.average.withLock { $0 = PowerAverage(window: Self.window) }
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
        try? await gracefulShutdown()
    }

    /// - Throws: `TelemetryError`.
    func read() throws {
        let (joules, seconds) = try meter.withLock {
            (try $0.energy.joules(), $0.start.duration(to: .now) / .seconds(1))
        }
        average.withLock { $0.add(joules: joules, at: seconds) }
    }

    /// What `/api/routing` shows of it.
    var json: JSONValue {
        let watts = watts
        return [
            "budget_watts": .number(budget.watts), "watts": watts.map { .number($0) } ?? .null,
            "free_watts": watts.map { .number(budget.watts - $0) } ?? .null,
            "basis": .string(isMeasured ? "measured" : "estimated"), "window_seconds": .number(Self.window),
        ]
    }

    var metrics: [MetricFamily] {
        let basis = ("basis", isMeasured ? "measured" : "estimated")
        let limit = MetricFamily.gauge(
            "terse_host_power_budget_watts", "The power that routes keep the host to.", budget.watts)
        guard let watts else { return [limit] }
        return [
            limit,
            MetricFamily(
                "terse_host_power_watts", .gauge, "What the host takes, in the mean of ten seconds.",
                [.number([basis], watts)]),
        ]
    }
}
