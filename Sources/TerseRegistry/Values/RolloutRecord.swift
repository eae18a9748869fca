import Foundation

/// A rollout: a candidate on its way to be what `production` points to, and all that happened on it.
public struct RolloutRecord: Sendable, Equatable {
    /// Something that happened.
    public struct Event: Sendable, Equatable {
        /// What it was.
        public enum Kind: String, Sendable, CaseIterable {
            case begun
            /// The candidate got another share of conversations.
            case split
            /// Requests were made up, or recorded ones repeated, for want of traffic.
            case probed
            case paused
            case resumed
            case promoted
            case rolledBack = "rolled back"
            case aborted

            /// Whether nothing comes after it.
            public var isEnd: Bool { [.promoted, .rolledBack, .aborted].contains(self) }
        }

        /// Grows with each event of any rollout.
        public let id: Int64
        public let kind: Kind
        /// The candidate's share of conversations from then on.
        public let weight: Double
        public let made: Record
    }

    /// Grows with each rollout of any model.
    public let id: Int64
    public let model: String
    public let candidate: ModelReference
    /// What production pointed to when it began.
    public let stable: ModelReference
    /// A JSON object.
    public let plan: String
    public let made: Record
    /// The first one first; never empty.
    public let events: [Event]
    /// A JSON object: how far it has come, evidence included, as it was saved last.
    public let state: String
    /// The newest event that the state knows.
    public let stateEventID: Int64
    public let savedAt: Date

    /// The candidate's share of conversations since the last event.
    public var weight: Double { events.last?.weight ?? 0 }
    /// The last event, where that is an end.
    public var end: Event? { events.last.flatMap { $0.kind.isEnd ? $0 : nil } }
    /// Whether the last word of `paused` and `resumed` is that it is paused.
    public var isPaused: Bool {
        end == nil && events.last { [.paused, .resumed].contains($0.kind) }?.kind == .paused
    }
}
