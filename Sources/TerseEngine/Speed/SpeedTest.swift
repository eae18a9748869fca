/// What is timed: how many tokens of what kind.
public struct SpeedTest: Sendable, Equatable {
    /// The ways in which a model is put to work.
    public enum Kind: String, Sendable {
        /// `streams` prompts of `size` tokens each, computed together up to the choice of the next token of the last.
        case prompt
        /// `size` tokens one after the other.
        case generate
        /// `streams` sequences that each generate `size` tokens, a step of all in one batch.
        case streams
    }

    public let kind: Kind
    public let size: Int
    public let streams: Int
    /// Tokens that each sequence has in the cache already.
    public let depth: Int

    /// A prompt of this many tokens.
    public static func prompt(_ size: Int, depth: Int = 0) -> SpeedTest {
        SpeedTest(kind: .prompt, size: size, streams: 1, depth: depth)
    }
    /// As many prompts of this many tokens, which come at once.
    public static func prompts(_ streams: Int, of size: Int, depth: Int = 0) -> SpeedTest {
        SpeedTest(kind: .prompt, size: size, streams: streams, depth: depth)
    }
    /// This many tokens in one sequence.
    public static func generate(_ size: Int, depth: Int = 0) -> SpeedTest {
        SpeedTest(kind: .generate, size: size, streams: 1, depth: depth)
    }
    /// This many tokens in each of several sequences.
    public static func streams(_ streams: Int, of size: Int, depth: Int = 0) -> SpeedTest {
        SpeedTest(kind: .streams, size: size, streams: streams, depth: depth)
    }

    /// Tokens of one run, over all streams.
    public var tokenCount: Int { size * streams }
}

/// How fast one test went.
public struct SpeedResult: Sendable {
    public let test: SpeedTest
    /// Tokens a second of each repetition, in ascending order; at least one.
    public let tokensPerSecond: [Double]
    /// Joules a token of each repetition, in ascending order, by the meter that was read.
    public let joulesPerToken: [Double]
    /// Bytes of weights, and in generation of keys and values, that pass through the processor for each token.
    public let bytesPerToken: Double

    public var median: Double {
        let middle = tokensPerSecond.count / 2
        guard tokensPerSecond.count.isMultiple(of: 2) else { return tokensPerSecond[middle] }
        return (tokensPerSecond[middle - 1] + tokensPerSecond[middle]) / 2
    }
    public var min: Double { tokensPerSecond[0] }
    public var max: Double { tokensPerSecond[tokensPerSecond.count - 1] }
}
