/// How busy a variant is now.
public struct VariantSituation: Sendable, Equatable, Codable {
    /// Sequences that generate.
    public var running: Int
    /// Requests that have not begun.
    public var waiting: Int
    /// Their prompts' tokens, all of which are processed before a prompt that comes now.
    public var waitingTokens: Int
    /// For how many tokens more there is room in the KV cache.
    public var freeKVTokens: Int
    /// How many requests may wait; one more is refused.
    public var waitingMax: Int
    /// Whether it is loaded, and takes requests.
    public var isReady: Bool

    public init(
        running: Int = 0, waiting: Int = 0, waitingTokens: Int = 0, freeKVTokens: Int, waitingMax: Int,
        isReady: Bool = true
    ) {
        (self.running, self.waiting, self.waitingTokens) = (running, waiting, waitingTokens)
        (self.freeKVTokens, self.waitingMax, self.isReady) = (freeKVTokens, waitingMax, isReady)
    }

    /// Loaded, with nothing to do and room for anything.
    public static let idle = VariantSituation(freeKVTokens: .max, waitingMax: .max)
}
