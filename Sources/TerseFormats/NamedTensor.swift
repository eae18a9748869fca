import TerseTensor

/// A tensor and the name it goes by.
struct NamedTensor: Sendable {
    let name: String
    let tensor: Tensor
}
