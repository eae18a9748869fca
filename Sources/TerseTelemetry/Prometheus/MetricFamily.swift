/// A metric and its values, one for each set of labels.
public struct MetricFamily: Sendable {
    /// What the format's `# TYPE` line says.
    public enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    /// A value, or many.
    public enum Sample: Sendable {
        case number([Label], Double)
        case histogram([Label], Histogram.Snapshot)
    }

    public typealias Label = (name: String, value: String)

    public let name: String
    public let kind: Kind
    /// What it counts, with its unit.
    public let help: String
    public var samples: [Sample]

    public init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A counter of one value.
    public static func counter(_ name: String, _ help: String, _ value: Int, _ labels: [Label] = []) -> MetricFamily {
        MetricFamily(name, .counter, help, [.number(labels, Double(value))])
    }

    /// A gauge of one value.
    public static func gauge(_ name: String, _ help: String, _ value: Double, _ labels: [Label] = []) -> MetricFamily {
        MetricFamily(name, .gauge, help, [.number(labels, value)])
    }

    /// What `histogram` holds now.
    public static func histogram(
        _ name: String, _ help: String, _ histogram: Histogram, _ labels: [Label] = []
    ) -> MetricFamily {
        MetricFamily(name, .histogram, help, [.histogram(labels, histogram.snapshot)])
    }
}
