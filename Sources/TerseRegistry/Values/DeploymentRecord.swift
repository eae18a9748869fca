import Foundation

/// A deployment: a spec that a variant was to meet before it is served, and all that happened on the way.
public struct DeploymentRecord: Sendable, Equatable {
    /// Something that happened.
    public struct Event: Sendable, Equatable {
        /// What it was.
        public enum Kind: String, Sendable, CaseIterable {
            case begun
            /// All requirements were met.
            case accepted
            /// A requirement was not met.
            case refused
            /// The engine's options were searched on the host.
            case tuned
            /// A rollout began, which decides from there on.
            case rolledOut = "rolled out"
            /// Production points to it, where nothing was live before.
            case live
            /// It could not be carried out.
            case failed
            case withdrawn

            /// Whether nothing comes after it.
            public var isEnd: Bool { [.refused, .rolledOut, .live, .failed, .withdrawn].contains(self) }
        }

        /// Grows with each event of any deployment.
        public let id: Int64
        public let kind: Kind
        /// A JSON object: verdicts, figures.
        public let details: String
        /// The rollout that began, if that is what happened.
        public let rollout: Int64?
        public let made: Record
    }

    /// Grows with each deployment of any model.
    public let id: Int64
    public let model: String
    public let candidate: ModelReference
    /// YAML.
    public let spec: String
    /// The file of the spec, which names in it are relative to; nil: there was none.
    public let source: String?
    public let made: Record
    /// The first one first; never empty.
    public let events: [Event]

    /// The last event, where that is an end.
    public var end: Event? { events.last.flatMap { $0.kind.isEnd ? $0 : nil } }

    /// Whether something happened on the way.
    public func has(_ kind: Event.Kind) -> Bool { events.contains { $0.kind == kind } }
}
