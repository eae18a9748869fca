import Foundation
import TerseJSON
import TerseTensor

/// The safetensors of a Hugging Face directory: one file, or shards with an index.
struct HuggingFaceWeights {
    struct Item {
        /// The file it lies in.
        let file: String
        let tensor: SafetensorsTensor
    }

    static let indexName = "model.safetensors.index.json"
    static let singleName = "model.safetensors"
    static let filesMax = 10_000

    /// In the order of the files and of the data in each.
    let items: [Item]
    /// Their paths, the index among them.
    let files: [String]

    init(directory: String) throws(FormatError) {
        let index = "\(directory)/\(Self.indexName)"
        let single = "\(directory)/\(Self.singleName)"
        if FileManager.default.fileExists(atPath: index) {
            items = try Self.sharded(index: index, directory: directory)
            files = [index] + Set(items.map(\.file)).sorted()
        } else if FileManager.default.fileExists(atPath: single) {
            items = try SafetensorsFile(path: single).tensors.map { Item(file: single, tensor: $0) }
            files = [single]
        } else {
            throw FormatError(
                .missing,
                "\(directory): neither \(Self.singleName) nor \(Self.indexName); weights in other formats are not read")
        }
    }

    private static func sharded(index path: String, directory: String) throws(FormatError) -> [Item] {
        let index = try JSONFile(path: path)
        let map = try index.required("weight_map", index.object("weight_map"))
        var expected: [String: String] = [:]
        var files: [String] = []
        var known: Set<String> = []
        for (name, value) in map.root.members {
            guard let file = value.stringValue else {
                throw FormatError(
                    .invalid, "\(path): weight_map.\(name): expected a file name, found \(value.kindName)")
            }
            guard !file.contains("/"), file.hasSuffix(".safetensors") else {
                throw FormatError(
                    .invalid,
                    "\(path): weight_map.\(name): expected a safetensors file of the directory, found \(file.debugDescription)"
                )
            }
            expected[name] = file
            if known.insert(file).inserted { files.append(file) }
        }
        guard files.count <= filesMax else {
            throw FormatError(.limitExceeded, "\(path): \(files.count) files, the limit is \(filesMax)")
        }
        var items: [Item] = []
        for file in files.sorted() {
            for tensor in try SafetensorsFile(path: "\(directory)/\(file)").tensors {
                guard expected[tensor.name] == file else {
                    throw FormatError(
                        .mismatch,
                        "\(directory)/\(file): tensor \(tensor.name): the index places it in "
                            + (expected[tensor.name] ?? "no file"))
                }
                expected[tensor.name] = nil
                items.append(Item(file: "\(directory)/\(file)", tensor: tensor))
            }
        }
        if let (name, file) = expected.min(by: { $0.key < $1.key }) {
            throw FormatError(
                .missing, "\(directory)/\(file): tensor \(name), which the index places there, is missing")
        }
        return items
    }
}
