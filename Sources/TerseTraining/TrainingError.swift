import TerseFormats
import TerseModel

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

    /// Of what went wrong with a model file at `path`: a training error as it is, others as a mismatch or the system's.
    init(_ error: any Error, at path: String) {
        switch error {
        case let error as TrainingError: self = error
        case let error as FormatError: self.init(error.code == .system ? .system : .mismatch, error.message)
        case let error as ModelError: self.init(.mismatch, error.message)
        default: self.init(.mismatch, "\(path): \(error)")
        }
    }

    public var description: String { message }
}
