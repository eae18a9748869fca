import TerseJSON
import TerseModel
import TerseTensor

extension ModelShape {
    /// What a checkpoint says of its model, so that other runs can start from it.
    var json: JSONValue {
        [
            "architecture": .string(architecture.rawValue),
            "layers": .integer(Int64(layerCount)), "hidden_size": .integer(Int64(hiddenSize)),
            "feed_forward_size": .integer(Int64(feedForwardSize)), "heads": .integer(Int64(headCount)),
            "kv_heads": .integer(Int64(kvHeadCount)), "head_dimension": .integer(Int64(headDimension)),
            "vocabulary_size": .integer(Int64(vocabularySize)), "context_length": .integer(Int64(contextLength)),
            "norm_epsilon": .number(Double(normEpsilon)), "rotary_base": .number(Double(rotaryBase)),
            "activation": .string(activation.rawValue), "ternary": .bool(isTernary),
            "tied_embeddings": .bool(tiesEmbeddings),
        ]
    }

    /// Nil when a member is missing, of another kind, or makes no model.
    init?(_ json: JSONValue) {
        guard let architecture = json["architecture"]?.stringValue.flatMap(Architecture.init(rawValue:)),
            let layers = json["layers"]?.intValue, let hidden = json["hidden_size"]?.intValue,
            let inner = json["feed_forward_size"]?.intValue, let heads = json["heads"]?.intValue,
            let kvHeads = json["kv_heads"]?.intValue, let dimension = json["head_dimension"]?.intValue,
            let vocabulary = json["vocabulary_size"]?.intValue, let context = json["context_length"]?.intValue,
            let epsilon = json["norm_epsilon"]?.doubleValue, let base = json["rotary_base"]?.doubleValue,
            let activation = json["activation"]?.stringValue.flatMap(GateActivation.init(rawValue:)),
            let isTernary = json["ternary"]?.boolValue, let ties = json["tied_embeddings"]?.boolValue
        else { return nil }
        self.init(
            layerCount: layers, hiddenSize: hidden, feedForwardSize: inner, headCount: heads, kvHeadCount: kvHeads,
            vocabularySize: vocabulary, contextLength: context)
        self.architecture = architecture
        headDimension = dimension
        normEpsilon = Float(epsilon)
        rotaryBase = Float(base)
        self.activation = activation
        self.isTernary = isTernary
        tiesEmbeddings = ties
        guard (try? validate()) != nil else { return nil }
    }
}
