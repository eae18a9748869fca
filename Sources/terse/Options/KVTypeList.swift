import ArgumentParser
import TerseTensor

/// Types of keys and values with commas between: `f16,int8`.
struct KVTypeList: ExpressibleByArgument {
    let types: [KVType]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        types = parts.compactMap { KVType(rawValue: String($0)) }
        guard types.count == parts.count, Set(types).count == types.count else { return nil }
    }
}
