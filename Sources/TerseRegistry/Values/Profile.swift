import Foundation

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

        /// With its unit, as metrics are called: `generation_tokens_per_second`, `joules_per_token`.
        public let quantity: String
        /// The sequences computed together; 1 where it does not matter.
        public let batch: Int
        public let value: Double
        /// The interval of 95 %.
        public let low: Double
        public let high: Double
        public let basis: Basis

        /// A figure; that low ≤ value ≤ high is checked when it is recorded.
        public init(quantity: String, batch: Int = 1, value: Double, low: Double, high: Double, basis: Basis) {
            self.quantity = quantity
            self.batch = batch
            self.value = value
            self.low = low
            self.high = high
            self.basis = basis
        }
    }

    /// The kind of host, the same for hosts that are alike.
    public let host: String
    /// What is known of the host, a JSON object.
    public let hostDetails: String
    /// The text that quality was measured on, if it was.
    public let textName: String?
    public let textHash: BlobHash?
    public let figures: [Figure]

    /// A profile, as it was just measured.
    public init(host: String, hostDetails: String, textName: String?, textHash: BlobHash?, figures: [Figure]) {
        self.host = host
        self.hostDetails = hostDetails
        self.textName = textName
        self.textHash = textHash
        self.figures = figures
    }
}

/// A profile and when it was recorded.
public struct RecordedProfile: Sendable, Equatable {
    public let profile: Profile
    public let made: Record
}
