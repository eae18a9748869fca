import Foundation

/// When something was recorded, by whom and why.
public struct Record: Sendable, Equatable {
    /// To the millisecond.
    public let date: Date
    public let author: String
    public let reason: String?
}
