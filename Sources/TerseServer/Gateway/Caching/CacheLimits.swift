/// What a cache of answers may hold, and how long.
public struct CacheLimits: Sendable, Equatable {
    /// Of all answers together; 0: nothing is kept.
    public var bytesMax = 64 << 20
    /// A longer answer is not kept.
    public var answerBytesMax = 1 << 20
    public var answersMax = 4096
    /// An older answer is forgotten.
    public var ageMax = Duration.seconds(3600)

    public init() {}
}
