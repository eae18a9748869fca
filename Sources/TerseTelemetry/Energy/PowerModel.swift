/// A host's power by how busy it is: P = idle + busy processors × watts of each. Linear in utilisation, after Fan, Weber
/// and Barroso, "Power Provisioning for a Warehouse-sized Computer" (ISCA 2007), who found that to be within a few per cent
/// of servers' power.
public struct PowerModel: Sendable, Equatable {
    /// Watts of the whole host, or of a virtual machine's share of one, when nothing runs.
    public let idleWatts: Double
    /// Watts that each busy logical processor adds.
    public let busyProcessorWatts: Double

    /// No host takes more.
    public static let wattsMax = 1e5

    /// - Throws: `TelemetryError` (`badRequest`) for watts that are negative, no numbers or more than `wattsMax`.
    public init(idleWatts: Double, busyProcessorWatts: Double) throws(TelemetryError) {
        for (watts, name) in [(idleWatts, "idle"), (busyProcessorWatts, "of a busy processor")]
        where !(0...Self.wattsMax).contains(watts) {
            throw TelemetryError(.badRequest, "watts \(name): expected 0 to \(Self.wattsMax), found \(watts)")
        }
        self.init(idle: idleWatts, busyProcessor: busyProcessorWatts)
    }

    private init(idle: Double, busyProcessor: Double) {
        idleWatts = idle
        busyProcessorWatts = busyProcessor
    }

    /// An assumption for hosts of which nothing is known: the means over AWS's machines that the methodology of Cloud
    /// Carbon Footprint states, 0.74 W idle and 3.5 W fully busy for each logical processor. Memory is not in it.
    public static func assumed(logicalProcessors: Int) -> PowerModel {
        PowerModel(idle: 0.74 * Double(logicalProcessors), busyProcessor: 3.5 - 0.74)
    }

    /// Joules of so many seconds in which this process took so many seconds of processor time.
    public func joules(seconds: Double, processorSeconds: Double) -> Double {
        idleWatts * seconds + busyProcessorWatts * processorSeconds
    }
}
