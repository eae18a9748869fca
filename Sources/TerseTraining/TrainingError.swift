/// What went wrong with a recipe, its data, a checkpoint or the training itself: the message names the file and the field
/// or tensor, and both sides of a mismatch.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// A recipe or an argument asks for what cannot be.
        case invalid
        /// Text or tokens that cannot be learned from.
        case data
        /// A checkpoint, a data file or a tokenizer that does not belong to the rest.
        case mismatch
        /// Larger than a named limit of this program.
        case limitExceeded
        /// A number became infinite or NaN.
        case notFinite
        /// The operating system refused: no such file, disk full, no memory, no library.
        case system
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
