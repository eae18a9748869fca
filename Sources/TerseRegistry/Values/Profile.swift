/// What a variant was found to do on one kind of host.
public struct Profile: Sendable, Equatable {
    /// A quantity with its interval.
    public struct Figure: Sendable, Equatable {
        /// How it is known.
        public enum Basis: String, Sendable {
            case measured
            /// From a stated model, such as of the host's power.
            case estimated
        }

        /// With its unit, as metrics are called: `generation_tokens_per_second`, `kl_divergence`.
        public let quantity: String
        public let unit: String
        /// The sequences computed together; 1 where it does not matter.
        public let batch: Int
        public let value: Double
        /// The interval of 95 %.
        public let low: Double
        public let high: Double
        /// The repetitions, windows of text or questions behind the interval.
        public let samples: Int
        /// How the interval was found, in a word.
        public let method: String
        public let basis: Basis

        /// A figure; that low ≤ value ≤ high is checked when it is recorded.
        public init(
            quantity: String, unit: String, batch: Int = 1, value: Double, low: Double, high: Double, samples: Int,
            method: String, basis: Basis
        ) {
            self.quantity = quantity
            self.unit = unit
            self.batch = batch
            self.value = value
            self.low = low
            self.high = high
            self.samples = samples
            self.method = method
            self.basis = basis
        }
    }

    /// The kind of host, the same for hosts that are alike.
    public var host: String
    /// What is known of the host, a JSON object.
    public var hostDetails: String
    /// The text that quality was measured on, if it was.
    public var textName: String?
    public var textHash: BlobHash?
    /// The variant that this one was compared with, if it was: NAME:VERSION/VARIANT.
    public var parent: ModelReference?
    /// The program that measured, and its version.
    public var program: String
    /// How it measured, a JSON object: threads, windows, lengths, whatever decides what the figures are.
    public var conditions: String
    public var figures: [Figure]

    /// A profile, as it was just measured.
    public init(
        host: String, hostDetails: String, textName: String? = nil, textHash: BlobHash? = nil,
        parent: ModelReference? = nil, program: String, conditions: String, figures: [Figure]
    ) {
        self.host = host
        self.hostDetails = hostDetails
        self.textName = textName
        self.textHash = textHash
        self.parent = parent
        self.program = program
        self.conditions = conditions
        self.figures = figures
    }
}

/// A profile, whose it is and when it was recorded.
public struct RecordedProfile: Sendable, Equatable {
    public let model: String
    public let version: Int
    public let variant: String
    public let profile: Profile
    public let made: Record

    /// As users type it.
    public var reference: ModelReference {
        ModelReference(name: model, selector: .version(version), variant: variant)
    }
}
