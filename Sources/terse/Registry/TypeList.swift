import ArgumentParser
import TerseTensor

/// Types that `terse convert` writes, with commas between them: `f16,q8_0,tq2_0`.
struct TypeList {
    let types: [ElementType]

    /// - Throws: `ValidationError` naming the type that is none, or is there twice.
    init(argument: String) throws {
        var types: [ElementType] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let type = EncodableType(argument: String(part))?.type else {
                throw ValidationError(
                    "\(String(part).debugDescription) is no type that can be written; there are \(Self.known)")
            }
            guard !types.contains(type) else { throw ValidationError("\(type.name) is there twice") }
            types.append(type)
        }
        self.types = types
    }

    static var known: String { EncodableType.allValueStrings.joined(separator: ", ") }
}
