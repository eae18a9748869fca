import Foundation
import TerseTensor

/// A GGUF model in one file or in several named `NAME-00001-of-00003.gguf`, each of which says which it is.
struct GGUFShards {
    static let numberKey = "split.no"
    static let countKey = "split.count"
    static let tensorCountKey = "split.tensors.count"

    /// The first file's metadata without the keys about sharding.
    let metadata: Metadata
    let tensors: [NamedTensor]
    /// In their order.
    let paths: [String]

    init(path: String, i2sOrder: I2SOrder) throws(FormatError) {
        let first = try GGUFFile(path: path, i2sOrder: i2sOrder)
        let count = try first.metadata.integer(Self.countKey) ?? 1
        var metadata = first.metadata
        for key in [Self.numberKey, Self.countKey, Self.tensorCountKey] { metadata[key] = nil }
        self.metadata = metadata
        guard count > 1 else {
            tensors = first.tensors
            paths = [path]
            return
        }
        guard count <= GGUFLimits.shardsMax else {
            throw FormatError(
                .limitExceeded, "\(path): \(Self.countKey) is \(count), the limit is \(GGUFLimits.shardsMax)")
        }
        let name = try ShardName(path: path, count: count)
        try Self.check(first, number: 0, count: count, firstPath: name.path(of: 0))
        var tensors = first.tensors
        for number in 1..<count {
            let shard = try GGUFFile(path: name.path(of: number), i2sOrder: i2sOrder)
            try Self.check(shard, number: number, count: count, firstPath: name.path(of: 0))
            tensors += shard.tensors
        }
        if let expected = try first.metadata.integer(Self.tensorCountKey), expected != tensors.count {
            throw FormatError(
                .mismatch,
                "\(path): \(Self.tensorCountKey) is \(expected), the \(count) shards hold \(tensors.count) tensors")
        }
        self.tensors = tensors
        paths = (0..<count).map(name.path)
    }

    private static func check(_ file: GGUFFile, number: Int, count: Int, firstPath: String) throws(FormatError) {
        let foundNumber = try file.metadata.requiredInteger(numberKey)
        let foundCount = try file.metadata.requiredInteger(countKey)
        if number == 0, foundNumber != 0 {
            throw FormatError(
                .mismatch, "\(file.path): shard \(foundNumber + 1) of \(foundCount); open the first, \(firstPath)")
        }
        guard foundNumber == number, foundCount == count else {
            throw FormatError(
                .mismatch,
                "\(file.path): expected shard \(number + 1) of \(count), found shard \(foundNumber) (from 0) of \(foundCount)"
            )
        }
    }
}

/// The name that shards of a model have in common: `PREFIX-00001-of-00003.gguf`.
struct ShardName {
    let prefix: String
    let count: Int

    init(prefix: String, count: Int) {
        self.prefix = prefix
        self.count = count
    }

    /// - Throws: `FormatError` (`mismatch`) when `path` has no such ending.
    init(path: String, count: Int) throws(FormatError) {
        let ending = "-00001-of-\(Self.padded(count)).gguf"
        let bytes = Array(path.utf8)
        let digits = bytes.count - ending.utf8.count + 1
        guard digits > 1, bytes[digits...].dropFirst(5).elementsEqual(ending.utf8.dropFirst(6)) else {
            throw FormatError(
                .mismatch, "\(path): one of \(count) shards, whose names must end in \(ending) and so on")
        }
        self.init(prefix: String(decoding: bytes[..<(digits - 1)], as: UTF8.self), count: count)
    }

    /// The path of shard `number`, counted from 0.
    func path(of number: Int) -> String {
        "\(prefix)-\(Self.padded(number + 1))-of-\(Self.padded(count)).gguf"
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
