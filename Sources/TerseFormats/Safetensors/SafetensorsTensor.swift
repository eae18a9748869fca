import TerseTensor

/// A tensor as a safetensors file holds it.
public struct SafetensorsTensor: Sendable {
    /// Its key in the header.
    public let name: String
    /// How its elements are encoded.
    public let type: SafetensorsType
    /// Extents with the contiguous dimension last, as the file writes them.
    public let shape: [Int]
    /// Its data, a view of the mapping.
    public let bytes: TensorBytes

    /// Describes data that is in memory or mapped.
    public init(name: String, type: SafetensorsType, shape: [Int], bytes: TensorBytes) {
        self.name = name
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    /// The same data as a `Tensor`, its contiguous dimension first.
    /// - Throws: `FormatError` when no tensor type has this encoding, or the tensor is empty.
    public func tensor(file: String) throws(FormatError) -> Tensor {
        guard let elementType = type.elementType else {
            throw FormatError(
                .unsupported, "\(file): tensor \(name) has type \(type.rawValue), which cannot be used here")
        }
        do { return try Tensor(type: elementType, shape: shape.reversed(), bytes: bytes) } catch {
            throw FormatError(.invalid, "\(file): tensor \(name): \(error.message)")
        }
    }
}
