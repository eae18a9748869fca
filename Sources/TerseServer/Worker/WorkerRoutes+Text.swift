import Foundation
import Hummingbird
import TerseEngine
import TerseJSON

/// What needs no generation.
extension WorkerRoutes {
    /// `POST /v1/embeddings`.
    func embed(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try JSONValue(body: try await request.bytes(within: limits.bodyTimeout))
        let gatewayContext = try GatewayContext(body["terse"])
        let wanted = try EmbeddingRequest(body)
        try check(wanted.model)
        context.tell(unknown: wanted.unknown)
        let hidden = model.engine.model.configuration.hiddenSize
        guard wanted.dimensions.map({ $0 == hidden }) ?? true else {
            throw APIError.invalid("dimensions: this model gives \(hidden)", parameter: "dimensions")
        }
        let inputs = try wanted.inputs.map { try model.prompts.tokens($0, of: "input") }
        let watch = try await context.connectionWatch()
        let vectors = try await watch.whileConnected { try await embed(inputs, wanted.urgency, gatewayContext) }
        let data: [JSONValue] = vectors.enumerated().map { index, vector in
            [
                "object": "embedding", "index": JSONValue(index),
                "embedding": wanted.encoding == .float
                    ? .array(vector.map { .number(Double($0)) }) : .string(Self.base64(vector)),
            ]
        }
        let count = JSONValue(inputs.reduce(0) { $0 + $1.count })
        return Response([
            "object": "list", "data": .array(data), "model": .string(model.name),
            "usage": ["prompt_tokens": count, "total_tokens": count],
        ])
    }

    private func embed(
        _ inputs: [[Int32]], _ urgency: Urgency, _ gatewayContext: GatewayContext
    ) async throws(APIError) -> [[Float]] {
        let requests = inputs.map { tokens in
            var request = GenerationRequest(prompt: tokens)
            gatewayContext.apply(to: &request)
            urgency.apply(to: &request, gatewayContext, within: limits.requestTimeout)
            return request
        }
        do { return try await model.engine.embed(requests) } catch { throw APIError(error, of: "input") }
    }

    private static func base64(_ vector: [Float]) -> String {
        var data = Data(capacity: vector.count * 4)
        for value in vector { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
        return data.base64EncodedString()
    }

    /// `POST /tokenize`: `{"prompt"}` or `{"messages"}`, as vLLM has it, or `{"content"}`, as llama.cpp has it.
    func tokenize(_ request: Request) async throws -> Response {
        let body = try JSONValue(body: try await request.bytes(within: limits.bodyTimeout))
        var fields = try FieldReader(body)
        try fields.string("model").map { name throws(APIError) in try check(name) }
        let tokens: [Int32]
        if fields.value("messages") != nil {
            var object = fields.object
            object["model"] = .string(model.name)
            let request = try ChatRequest(.object(object))
            tokens = try model.prompts.tokens(request, opening: "", now: Int(Date().timeIntervalSince1970))
        } else {
            let older = try fields.string("content")
            let prompt = try fields.string("prompt")
            guard let text = prompt ?? older else { throw fields.missing("prompt") }
            let addsSpecial = try fields.bool("add_special_tokens") ?? (older == nil)
            let parsesSpecial = try fields.bool("parse_special") ?? false
            try model.prompts.check(text, of: prompt == nil ? "content" : "prompt")
            tokens = model.tokenizer.encode(text, addSpecial: addsSpecial, parseSpecial: parsesSpecial)
        }
        return Response([
            "tokens": .array(tokens.map { .integer(Int64($0)) }), "count": JSONValue(tokens.count),
            "max_model_len": JSONValue(model.engine.positionsMax),
        ])
    }

    /// `POST /detokenize`: `{"tokens"}`.
    func detokenize(_ request: Request) async throws -> Response {
        let body = try JSONValue(body: try await request.bytes(within: limits.bodyTimeout))
        var fields = try FieldReader(body)
        try fields.string("model").map { name throws(APIError) in try check(name) }
        guard let elements = try fields.array("tokens", countMax: APILimits.bodyBytesMax) else {
            throw fields.missing("tokens")
        }
        let ids = try PromptInput.tokens(elements, "tokens")
        try model.prompts.check(ids, of: "tokens")
        let text = model.tokenizer.decode(ids, skipSpecial: false)
        return Response(["prompt": .string(text), "content": .string(text)])
    }
}
