/// What the tokens of a text must obey, such as a grammar: a value that follows the text as it grows.
///
/// Asked on the engine's thread once before a token is chosen and told once after.
public protocol TokenConstraint: Sendable {
    /// Says which tokens may come next: bit t mod 64 of word t / 64 for token t, those that end the text among them where it
    /// may end. Every word must be written.
    mutating func allow(in mask: UnsafeMutableBufferPointer<UInt64>)

    /// A token was chosen, one of those that were allowed.
    mutating func accept(_ token: Int32)
}
