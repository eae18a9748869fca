import TerseFormats
import TerseJSON
import TerseModel

/// What of a model decides how fast it is: its family, its sizes, and how many weights it has in each type. Their values do not,
/// so that what was found for one model is good for all of its shape: every version that was trained alike, and a random model.
public struct ModelShape: Sendable, Equatable {
    /// Always spelled alike.
    public let json: JSONValue

    /// - Throws: `ModelError`, as `ModelConfiguration` does.
    public init(_ file: ModelFile) throws(ModelError) {
        let configuration = try ModelConfiguration(file)
        var counts: [String: Int] = [:]
        for tensor in file.tensors { counts[tensor.type.name, default: 0] += tensor.elementCount }
        json = [
            "architecture": .string(configuration.architecture.rawValue),
            "layers": JSONValue(configuration.layerCount), "hidden": JSONValue(configuration.hiddenSize),
            "feed_forward": JSONValue(configuration.feedForwardSize), "heads": JSONValue(configuration.headCount),
            "kv_heads": JSONValue(configuration.kvHeadCount),
            "head_dimension": JSONValue(configuration.headDimension),
            "vocabulary": JSONValue(configuration.vocabularySize),
            "tied_head": .bool(file["output.weight"] == nil),
            "weights": .object(JSONObject(counts.sorted { $0.key < $1.key }.map { ($0.key, JSONValue($0.value)) })),
        ]
    }

    init(json: JSONValue) { self.json = json }

    /// Numbers may be written in two ways, and are equal when they are written alike.
    public static func == (left: ModelShape, right: ModelShape) -> Bool {
        left.json.serialized() == right.json.serialized()
    }

    /// Names the shape in files' names.
    var key: String { TuningStore.key(of: json) }
}
