import TerseJSON

/// What is known after some step of a run: a line of its log.
public struct TrainingLogEntry: Sendable, Equatable {
    /// Steps that are complete.
    public var step: Int
    /// Tokens learned from, all steps together.
    public var tokens: Int
    /// Mean loss of the last step in nats per token; nil where the student wrote all of its text itself.
    public var loss: Double?
    /// Norm of the whole gradient before clipping.
    public var gradientNorm: Double
    public var learningRate: Double
    /// Since the entry before.
    public var tokensPerSecond: Double
    /// Model FLOP utilisation since the entry before: operations that cannot be done without, as a share of what the
    /// machine's matrix products in the recipe's precision were measured to reach.
    public var utilization: Double?
    /// Time spent training, pauses between runs left out.
    public var seconds: Double
    /// On held-out text, where this step was evaluated.
    public var heldOut: HeldOutLoss?
    /// From the teacher, where there is one.
    public var distillation: DistillationMeans?

    public init(
        step: Int, tokens: Int, loss: Double?, gradientNorm: Double, learningRate: Double, tokensPerSecond: Double,
        utilization: Double? = nil, seconds: Double, heldOut: HeldOutLoss? = nil
    ) {
        self.step = step
        self.tokens = tokens
        self.loss = loss
        self.gradientNorm = gradientNorm
        self.learningRate = learningRate
        self.tokensPerSecond = tokensPerSecond
        self.utilization = utilization
        self.seconds = seconds
        self.heldOut = heldOut
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "step": .integer(Int64(step)), "tokens": .integer(Int64(tokens)),
            "loss": loss.map(JSONValue.number) ?? .null,
            "gradient_norm": .number(gradientNorm), "learning_rate": .number(learningRate),
            "tokens_per_second": .number(tokensPerSecond), "seconds": .number(seconds),
        ]
        if let utilization { object["utilization"] = .number(utilization) }
        if let heldOut {
            object["held_out_loss"] = .number(heldOut.nats)
            object["held_out_bits_per_byte"] = .number(heldOut.bitsPerByte)
        }
        if let value = distillation?.forward { object["forward_kl"] = .number(value) }
        if let value = distillation?.reverse { object["reverse_kl"] = .number(value) }
        if let value = distillation?.attention { object["attention"] = .number(value) }
        return .object(object)
    }

    /// Nil when a member is missing or of another kind.
    public init?(_ json: JSONValue) {
        guard let step = json["step"]?.intValue, let tokens = json["tokens"]?.intValue,
            let loss = json["loss"], loss == .null || loss.doubleValue != nil,
            let norm = json["gradient_norm"]?.doubleValue,
            let rate = json["learning_rate"]?.doubleValue, let speed = json["tokens_per_second"]?.doubleValue,
            let seconds = json["seconds"]?.doubleValue
        else { return nil }
        self.init(
            step: step, tokens: tokens, loss: loss.doubleValue, gradientNorm: norm, learningRate: rate,
            tokensPerSecond: speed,
            utilization: json["utilization"]?.doubleValue, seconds: seconds)
        if let nats = json["held_out_loss"]?.doubleValue, let bits = json["held_out_bits_per_byte"]?.doubleValue {
            heldOut = HeldOutLoss(nats: nats, bitsPerByte: bits)
        }
        let taught = ["forward_kl", "reverse_kl", "attention"].map { json[$0]?.doubleValue }
        if taught.contains(where: { $0 != nil }) {
            distillation = DistillationMeans(forward: taught[0], reverse: taught[1], attention: taught[2])
        }
    }
}

/// The loss on text that was not learned from.
public struct HeldOutLoss: Sendable, Equatable {
    /// Per token.
    public var nats: Double
    public var bitsPerByte: Double

    public init(nats: Double, bitsPerByte: Double) {
        self.nats = nats
        self.bitsPerByte = bitsPerByte
    }
}
