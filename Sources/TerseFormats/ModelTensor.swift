import TerseTensor

/// A tensor of a model: what it is, known at once, and its bytes, which some sources make only when asked.
///
/// A GGUF tensor is a view of the mapping. A Hugging Face tensor that needs a change (rows reordered, weights made
/// ternary, bf16 norms widened) is computed by `load()`, so that listing and converting a large directory stay cheap.
public struct ModelTensor: Sendable {
    private enum Source: Sendable {
        case ready(Tensor)
        case computed(@Sendable (ThreadTeam?) throws(FormatError) -> Tensor)
    }

    public let name: String
    /// The type of what `load()` returns.
    public let type: ElementType
    /// Extents with the contiguous dimension first.
    public let shape: [Int]
    /// Whether the loaded tensor's `scale` may differ from 1.
    public let hasScale: Bool
    /// Whether every weight is −1, 0 or +1 times `scale`, whatever type holds them.
    public let isTernary: Bool
    private let source: Source

    /// A tensor that is there already.
    public init(name: String, tensor: Tensor) {
        self.name = name
        hasScale = tensor.scale != 1
        isTernary = tensor.type.isTernary
        type = tensor.type
        shape = tensor.shape
        source = .ready(tensor)
    }

    init(
        name: String, type: ElementType, shape: [Int], isTernary: Bool = false,
        computedBy body: @escaping @Sendable (ThreadTeam?) throws(FormatError) -> Tensor
    ) {
        self.name = name
        self.type = type
        self.shape = shape
        self.isTernary = isTernary
        hasScale = isTernary
        source = .computed(body)
    }

    /// Whether `load()` costs nothing.
    public var isMapped: Bool {
        if case .ready = source { true } else { false }
    }

    public var elementCount: Int { shape.reduce(1, *) }

    /// Bytes of the encoded elements.
    public var byteCount: Int { (try? Tensor.byteCount(type: type, shape: shape)) ?? 0 }

    /// The tensor. One that is computed is computed again by every call: keep the result.
    /// - Parameter team: threads that share the computation; the result is the same without.
    public func load(team: ThreadTeam? = nil) throws(FormatError) -> Tensor {
        switch source {
        case .ready(let tensor): tensor
        case .computed(let body): try body(team)
        }
    }
}
