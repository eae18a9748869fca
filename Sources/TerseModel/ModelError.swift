import TerseTensor

/// What went wrong with a model: its description, its weights, the memory it needs or what it was asked to do. The
/// message names the file, the tensor or key, and both sides of a mismatch.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// An architecture, scaling or feature that is not run here.
        case unsupported
        /// A number of the model's description that cannot be right.
        case badConfiguration
        /// A tensor that must be there is not.
        case missingTensor
        /// A tensor of another shape than its place needs.
        case shapeMismatch
        /// A tensor of a type that its place cannot hold.
        case typeMismatch
        /// A file could not be read or written.
        case file
        /// The memory budget cannot hold what was asked for.
        case outOfMemory
        /// A request that breaks a rule of its parameters: token, position, sampling policy.
        case badRequest
        /// Logits that are not numbers, or of which none can be chosen.
        case notFinite
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// What `body` reserves; when there is no memory for it, `outOfMemory` says for what.
    static func reserving<Memory>(
        _ purpose: String, _ body: () throws(TensorError) -> Memory
    ) throws(ModelError) -> Memory {
        do { return try body() } catch { throw ModelError(.outOfMemory, "\(purpose): \(error.message)") }
    }
}
