/// One cutting of normalised text into pieces that tokens never cross.
public enum PreTokenizationStep: Sendable, Equatable {
    /// Matches of a pattern against the rest of the text. `inverted` takes what lies between matches for the matches.
    case split(SplitPattern, SplitBehavior, inverted: Bool)
    /// A space goes before each piece that does not begin with one.
    case addPrefixSpace
    /// Spaces become `replacement`; then the text is cut before each of them when `splits`.
    case metaspace(replacement: String, prepend: MetaspacePrepend, splits: Bool)

    /// A step that leaves each match and each stretch between matches as a piece.
    public static func isolate(_ pattern: SplitPattern) -> PreTokenizationStep {
        .split(pattern, .isolated, inverted: false)
    }
}

/// Where `metaspace` adds its replacement if the piece does not begin with it.
public enum MetaspacePrepend: Sendable, Equatable {
    case always
    /// Only at the very beginning of the text.
    case first
    case never
}

/// What becomes of a match.
public enum SplitBehavior: Sendable, Equatable {
    /// A piece of its own.
    case isolated
    /// Not in the result.
    case removed
    /// The end of the piece before it.
    case mergedWithPrevious
    /// The beginning of the piece after it.
    case mergedWithNext
    /// One piece with the matches that touch it.
    case contiguous
}
