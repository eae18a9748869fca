/// Bounds on what the parser accepts, so that hostile text costs neither the stack nor memory out of proportion.
public struct JSONLimits: Sendable, Equatable {
    /// What a second member of one name means.
    public enum DuplicateKeys: Sendable, Equatable {
        /// As Python and most parsers: the last value stays, at the place of the first.
        case lastWins
        /// `JSONError.Code.duplicateKey`.
        case error
    }

    /// Containers inside one another; the parser recurses once for each.
    public var maximumDepth: Int
    /// Bytes of text. A parsed value takes up to 16 times as much memory (an array of one-digit numbers).
    public var maximumBytes: Int
    public var duplicateKeys: DuplicateKeys

    public init(
        maximumDepth: Int = 256, maximumBytes: Int = 512 << 20, duplicateKeys: DuplicateKeys = .lastWins
    ) {
        self.maximumDepth = maximumDepth
        self.maximumBytes = maximumBytes
        self.duplicateKeys = duplicateKeys
    }

    public static let standard = JSONLimits()
}
