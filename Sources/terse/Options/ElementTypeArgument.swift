import ArgumentParser
import TerseTensor

/// Element types are spelled as in file names: `q4_0`, `tq2_0`, `f16`.
extension ElementType: ExpressibleByArgument {
    public init?(argument: String) {
        guard let type = ElementType(name: argument), type.isWeightType else { return nil }
        self = type
    }

    public static var allValueStrings: [String] { allCases.filter(\.isWeightType).map(\.name) }

    public var defaultValueDescription: String { name }

    /// The names say it: help lists them in a row.
    public static var allValueDescriptions: [String: String] { [:] }
}

/// A type that `terse convert` can make weights of: one with an encoder, which I2_S has not.
struct EncodableType: ExpressibleByArgument {
    let type: ElementType

    init?(argument: String) {
        guard let type = ElementType(name: argument), BlockCodec.canQuantize(to: type) else { return nil }
        self.type = type
    }

    static var allValueStrings: [String] { ElementType.allCases.filter(BlockCodec.canQuantize).map(\.name) }
}
