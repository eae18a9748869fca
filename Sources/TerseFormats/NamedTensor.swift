import TerseTensor

/// A tensor and the name it goes by.
public struct NamedTensor: Sendable {
    public let name: String
    public let tensor: Tensor

    public init(name: String, tensor: Tensor) {
        self.name = name
        self.tensor = tensor
    }
}
