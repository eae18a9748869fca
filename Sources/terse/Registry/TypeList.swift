import ArgumentParser
import TerseTensor

/// Types that `terse convert` writes, with commas between them: `f16,q8_0,tq2_0`.
struct TypeList: ExpressibleByArgument {
    let types: [ElementType]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let known = parts.compactMap { EncodableType(argument: String($0))?.type }
        guard known.count == parts.count, Set(known).count == known.count else { return nil }
        types = known
    }

    static var allValueStrings: [String] { EncodableType.allValueStrings }
}
