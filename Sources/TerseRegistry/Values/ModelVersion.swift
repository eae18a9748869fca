/// An immutable result of training, and its variants.
public struct ModelVersion: Sendable {
    public let model: String
    /// From 1.
    public let number: Int
    public let lineage: Lineage
    public let made: Record
    /// In the order in which they were added, those that were removed among them.
    public let variants: [Variant]

    /// As users type it.
    public var reference: ModelReference { ModelReference(name: model, selector: .version(number)) }
    /// Those that are kept.
    public var kept: [Variant] { variants.filter { $0.removed == nil } }
}
