import TerseJSON
import TerseTensor

/// Writes safetensors files.
public enum SafetensorsWriter {
    /// The header is padded with spaces so that data starts at a multiple of this.
    private static let alignment = 8

    /// Writes `tensors`, in their order, as a file at `path`, which appears there only when it is complete.
    ///
    /// - Parameter metadata: strings for `__metadata__`; by custom `format` names the framework (`pt`).
    /// - Throws: `FormatError` when a name appears twice, a tensor's bytes do not fit its shape, or the disk fails.
    public static func write(
        _ tensors: [SafetensorsTensor], metadata: [(String, String)] = [("format", "pt")], to path: String
    ) throws(FormatError) {
        let file = try OutputFile(path: path)
        try file.write(try header(tensors, metadata: metadata, path: path))
        for tensor in tensors { try file.write(tensor.bytes.buffer) }
        try file.commit()
    }

    private static func header(
        _ tensors: [SafetensorsTensor], metadata: [(String, String)], path: String
    ) throws(FormatError) -> [UInt8] {
        var object = JSONObject()
        if !metadata.isEmpty {
            object["__metadata__"] = .object(JSONObject(metadata.map { ($0.0, JSONValue.string($0.1)) }))
        }
        var offset = 0
        for tensor in tensors {
            guard object[tensor.name] == nil else {
                throw FormatError(.invalid, "\(path): tensor \(tensor.name) appears twice")
            }
            let bytes = tensor.shape.reduce(tensor.type.elementBytes, *)
            guard bytes == tensor.bytes.count else {
                throw FormatError(
                    .mismatch,
                    "\(path): tensor \(tensor.name): \(tensor.type.rawValue) \(tensor.shape) takes \(bytes) bytes, "
                        + "found \(tensor.bytes.count)")
            }
            object[tensor.name] = [
                "dtype": .string(tensor.type.rawValue),
                "shape": .array(tensor.shape.map(JSONValue.init)),
                "data_offsets": [JSONValue(offset), JSONValue(offset + bytes)],
            ]
            offset += bytes
        }
        var text = Array(JSONValue.object(object).serialized().utf8)
        while text.count % alignment != 0 { text.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    }

    /// Writes `tensors` in shards of at most `shardBytesMax` data bytes with their index, as
    /// `DIRECTORY/model-00001-of-00003.safetensors` and `DIRECTORY/model.safetensors.index.json`; one shard alone is
    /// `DIRECTORY/model.safetensors` without an index.
    public static func write(
        _ tensors: [SafetensorsTensor], directory: String, shardBytesMax: Int
    ) throws(FormatError) {
        var shards: [[SafetensorsTensor]] = [[]]
        var bytes = 0
        for tensor in tensors {
            if !shards[shards.count - 1].isEmpty, bytes + tensor.bytes.count > shardBytesMax {
                shards.append([])
                bytes = 0
            }
            shards[shards.count - 1].append(tensor)
            bytes += tensor.bytes.count
        }
        guard shards.count > 1 else { return try write(tensors, to: "\(directory)/model.safetensors") }
        var map = JSONObject()
        for (index, shard) in shards.enumerated() {
            let name = "model-\(padded(index + 1))-of-\(padded(shards.count)).safetensors"
            try write(shard, to: "\(directory)/\(name)")
            for tensor in shard {
                guard map[tensor.name] == nil else {
                    throw FormatError(.invalid, "\(directory): tensor \(tensor.name) appears twice")
                }
                map[tensor.name] = .string(name)
            }
        }
        let total = tensors.reduce(0) { $0 + $1.bytes.count }
        let index: JSONValue = ["metadata": ["total_size": JSONValue(total)], "weight_map": .object(map)]
        let file = try OutputFile(path: "\(directory)/model.safetensors.index.json")
        try file.write(Array(index.serialized(pretty: true).utf8))
        try file.commit()
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
