/// What the tokens of a text must obey, such as a grammar: a value that follows the text as it grows.
///
/// Asked on the engine's thread once before a token is chosen and told once after.
public protocol TokenConstraint: Sendable {
    /// Says which tokens may come next: bit t mod 64 of word t / 64 for token t, those that end the text among them where it
    /// may end. Every word must be written.
    ///
    /// - Returns: false where the text is complete and nothing may follow: the generation then ends.
    /// - Throws: `EngineError` when the text can neither end nor go on; ends the request.
    mutating func allow(in mask: UnsafeMutableBufferPointer<UInt64>) throws(EngineError) -> Bool

    /// A token was chosen, one of those that were allowed.
    mutating func accept(_ token: Int32)
}
