import TerseEngine
import TerseJSON
import TerseModel

/// What `/v1/chat/completions` and `/v1/completions` say alike about how tokens are chosen and when to stop.
struct SamplingFields: Sendable, Equatable {
    var policy = SamplingPolicy()
    var stops: [String] = []
    var choiceCount = 1
    var streams = false
    var includesUsage = false
    var ignoresEndOfText = false
    var urgency = Urgency()

    /// As OpenAI's API has it: the model's own distribution.
    private static var defaultPolicy: SamplingPolicy {
        var policy = SamplingPolicy()
        (policy.temperature, policy.topK, policy.topP, policy.minP) = (1, 0, 1, 0)
        policy.penaltyWindow = penaltyWindow
        return policy
    }

    /// Tokens that penalties look back on.
    static let penaltyWindow = 4096

    /// - Throws: `APIError` naming the parameter.
    init(_ fields: inout FieldReader) throws(APIError) {
        var policy = Self.defaultPolicy
        policy.temperature = try fields.float("temperature", in: 0...2) ?? policy.temperature
        policy.topP = try fields.float("top_p", in: 0...1) ?? policy.topP
        // Zero is allowed by the API and means what the least value does: the most probable token alone.
        if policy.topP == 0 { policy.topP = .leastNormalMagnitude }
        policy.topK = try fields.integer("top_k", in: -1...Int.max).map { max($0, 0) } ?? policy.topK
        policy.minP = try fields.float("min_p", in: 0...1) ?? policy.minP
        policy.typicalP = try fields.float("typical_p", in: 0.0001...1) ?? policy.typicalP
        policy.repetitionPenalty = try fields.float("repetition_penalty", in: 0.01...10) ?? 1
        policy.presencePenalty = try fields.float("presence_penalty", in: -2...2) ?? 0
        policy.frequencyPenalty = try fields.float("frequency_penalty", in: -2...2) ?? 0
        policy.logitBias = try Self.logitBias(&fields)
        policy.seed = try fields.seed("seed")
        self.policy = policy
        stops = try Self.stops(&fields)
        choiceCount = try fields.integer("n", in: 1...APILimits.choicesMax) ?? 1
        streams = try fields.bool("stream") ?? false
        ignoresEndOfText = try fields.bool("ignore_eos") ?? false
        urgency = try Urgency(&fields)
        if let options = try fields.object("stream_options") {
            guard streams else {
                throw .invalid("stream_options: only allowed with stream", parameter: "stream_options")
            }
            var options = FieldReader(options, path: "stream_options")
            includesUsage = try options.bool("include_usage") ?? false
        }
    }

    private static func logitBias(_ fields: inout FieldReader) throws(APIError) -> [Int32: Float] {
        guard let object = try fields.object("logit_bias") else { return [:] }
        guard object.count <= APILimits.logitBiasMax else {
            throw .invalid(
                "logit_bias: expected at most \(APILimits.logitBiasMax) tokens, found \(object.count)",
                parameter: "logit_bias")
        }
        var bias: [Int32: Float] = [:]
        for (key, value) in object {
            guard let token = Int32(key), let amount = value.doubleValue, (-100...100).contains(amount) else {
                throw .invalid(
                    "logit_bias: expected token ids with a bias of -100…100, found \"\(key.prefix(40))\": "
                        + value.serialized().prefix(40),
                    parameter: "logit_bias")
            }
            bias[token] = Float(amount)
        }
        return bias
    }

    private static func stops(_ fields: inout FieldReader) throws(APIError) -> [String] {
        guard let value = fields.value("stop") else { return [] }
        let elements = value.stringValue.map { [JSONValue.string($0)] } ?? value.arrayValue
        guard let elements, elements.count <= APILimits.stopsMax else {
            throw .invalid(
                "stop: expected a string or at most \(APILimits.stopsMax) strings", parameter: "stop")
        }
        var stops: [String] = []
        for element in elements {
            let bytesMax = GenerationRequest.stopStringBytesMax
            guard let text = element.stringValue, (1...bytesMax).contains(text.utf8.count) else {
                throw .invalid("stop: expected strings of 1…\(bytesMax) bytes", parameter: "stop")
            }
            stops.append(text)
        }
        return stops
    }
}
