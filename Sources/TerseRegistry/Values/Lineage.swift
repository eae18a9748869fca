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
    /// What is to be said of it.
    public var summary: String?
    /// The recipe that it was trained by, as it stood.
    public var recipe: String?
    public var datasets: [Dataset] = []
    public var metrics: [Metric] = []

    /// Of unknown descent.
    public init() {}

    /// - Throws: `RegistryError` naming the part, what is allowed and what was found.
    func check() throws(RegistryError) {
        try Attribution.check(summary, "description")
        if let recipe, recipe.utf8.count > RegistryLimits.recipeBytesMax {
            throw RegistryError(
                .limitExceeded,
                "recipe: \(recipe.utf8.count) bytes, the limit is \(RegistryLimits.recipeBytesMax)")
        }
        for (what, names) in [("data set", datasets.map(\.name)), ("metric", metrics.map(\.name))] {
            guard names.count <= RegistryLimits.lineageEntriesMax else {
                throw RegistryError(
                    .limitExceeded, "\(what)s: \(names.count), the limit is \(RegistryLimits.lineageEntriesMax)")
            }
            var known: Set<String> = []
            for name in names {
                guard !name.isEmpty, name.count <= RegistryLimits.authorCharactersMax else {
                    throw RegistryError(
                        .invalid,
                        "\(what): expected a name of 1 to \(RegistryLimits.authorCharactersMax) characters, found \(name.count)"
                    )
                }
                guard known.insert(name).inserted else {
                    throw RegistryError(.invalid, "\(what) \(name.debugDescription) is given twice")
                }
            }
        }
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
}
