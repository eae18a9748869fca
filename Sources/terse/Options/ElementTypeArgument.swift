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
}
