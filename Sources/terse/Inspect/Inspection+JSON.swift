import TerseFormats
import TerseJSON
import TerseTokenizer

extension Inspection {
    /// Everything, for scripts.
    var json: JSONValue {
        [
            "path": .string(file.path),
            "format": .string(file.format.rawValue),
            "architecture": .string(architecture),
            "name": name.map { .string($0) } ?? .null,
            "description": file.description.map { .string($0) } ?? .null,
            "license": file.license.map { .string($0) } ?? .null,
            "parameters": .integer(Int64(parameters)),
            "tensor_bytes": .integer(Int64(tensorBytes)),
            "bits_per_weight": bitsPerWeight.map { .number($0) } ?? .null,
            "types": .array(types.map(json(of:))),
            "configuration": configuration.map(json(of:)) ?? .null,
            "tokenizer": tokenizer.map(json(of:)) ?? .null,
            "chat_template": file.chatTemplate.map { .string($0) } ?? .null,
            "memory": memory.map(json(of:)) ?? .null,
            "metadata": .object(
                JSONObject(file.metadata.keys.map { ($0, .string(file.metadata[$0]?.summary ?? "")) })),
            "tensors": .array(file.tensors.map(json(of:))),
        ]
    }

    private func json(of total: TypeTotal) -> JSONValue {
        [
            "type": .string(total.type.name), "tensors": .integer(Int64(total.tensors)),
            "parameters": .integer(Int64(total.elements)), "bytes": .integer(Int64(total.bytes)),
        ]
    }

    private func json(of tensor: ModelTensor) -> JSONValue {
        [
            "name": .string(tensor.name), "type": .string(tensor.type.name),
            "shape": .array(tensor.shape.map { .integer(Int64($0)) }), "bytes": .integer(Int64(tensor.byteCount)),
        ]
    }

    private func json(of tokenizer: TokenizerDefinition) -> JSONValue {
        [
            "algorithm": .string(tokenizer.algorithm.name),
            "pre_tokenizer": tokenizer.preTokenizerName.map { .string($0) } ?? .null,
            "vocabulary": .integer(Int64(tokenizer.tokens.count)),
            "bos": tokenizer.special.bos.map { .integer(Int64($0)) } ?? .null,
            "eos": tokenizer.special.eos.map { .integer(Int64($0)) } ?? .null,
            "end_of_text": .array(tokenizer.endOfText.sorted().map { .integer(Int64($0)) }),
            "adds_bos": .bool(tokenizer.addsBOS),
            "adds_eos": .bool(tokenizer.addsEOS),
        ]
    }
}
