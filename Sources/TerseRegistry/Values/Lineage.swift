/// Where a version comes from, and how good it is.
public struct Lineage: Sendable, Equatable {
    /// A text or set of texts that it was trained on.
    public struct Dataset: Sendable, Equatable {
        public let name: String
        /// In hexadecimal digits, where it is known.
        public let sha256: String?
        public let byteCount: Int64?

        /// A data set; its parts are checked when it is recorded.
        public init(name: String, sha256: String? = nil, byteCount: Int64? = nil) {
            self.name = name
            self.sha256 = sha256
            self.byteCount = byteCount
        }
    }

    /// A figure by its name, such as `bits_per_byte`.
    public struct Metric: Sendable, Equatable {
        public let name: String
        /// Finite.
        public let value: Double

        /// A metric; its value is checked when it is recorded.
        public init(name: String, value: Double) {
            self.name = name
            self.value = value
        }
    }

    /// What it was made from: by distillation, fine-tuning, pruning.
    public var parent: ModelReference?
    /// What the registry that it came from calls its parent, where that is not here.
    public var parentElsewhere: ModelReference?
    /// What is to be said of it.
    public var summary: String?
    /// The recipe that it was trained by, as it stood.
    public var recipe: String?
    public var datasets: [Dataset] = []
    public var metrics: [Metric] = []

    /// Of unknown descent.
    public init() {}

    /// Its lists in the order that the database has.
    var ordered: Lineage {
        var lineage = self
        lineage.datasets.sort { RecordText.precedes($0.name, $1.name) }
        lineage.metrics.sort { RecordText.precedes($0.name, $1.name) }
        return lineage
    }

    /// - Throws: `RegistryError` naming the part, what is allowed and what was found.
    func check() throws(RegistryError) {
        if let summary { try RecordText.check(summary, "description", max: RegistryLimits.noteCharactersMax) }
        if let recipe { try RecordText.check(recipe, "recipe", bytesMax: RegistryLimits.recipeBytesMax) }
        if let parent, let parentElsewhere {
            throw RegistryError(.invalid, "parent: expected one, found \(parent) and \(parentElsewhere)")
        }
        try Self.check(datasets.map(\.name), "data set")
        try Self.check(metrics.map(\.name), "metric")
        for metric in metrics where !metric.value.isFinite {
            throw RegistryError(.invalid, "metric \(metric.name): expected a finite number, found \(metric.value)")
        }
        for dataset in datasets {
            if let sha256 = dataset.sha256 { _ = try BlobHash(sha256, of: "data set \(dataset.name)") }
            if let bytes = dataset.byteCount, bytes < 0 {
                throw RegistryError(.invalid, "data set \(dataset.name): expected a size, found \(bytes) bytes")
            }
        }
    }

    private static func check(_ names: [String], _ what: String) throws(RegistryError) {
        guard names.count <= RegistryLimits.lineageEntriesMax else {
            throw RegistryError(
                .limitExceeded, "\(what)s: \(names.count), the limit is \(RegistryLimits.lineageEntriesMax)")
        }
        var known: Set<[UInt8]> = []
        for name in names {
            try RecordText.check(name, "name of a \(what)", min: 1, max: RegistryLimits.authorCharactersMax)
            guard known.insert(Array(name.utf8)).inserted else {
                throw RegistryError(.invalid, "\(what) \(name.debugDescription) is given twice")
            }
        }
    }
}
