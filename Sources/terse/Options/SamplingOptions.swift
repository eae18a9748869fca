import ArgumentParser
import TerseModel

/// How tokens are chosen. The steps are applied in the order in which they stand here; what is not given is
/// `SamplingPolicy`'s own.
struct SamplingOptions: ParsableArguments {
    private static let standard = SamplingPolicy()

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Add X to the logit of a token; may be repeated; -inf forbids it.", valueName: "ID=X"))
    var logitBias: [LogitBias] = []

    @Option(help: Self.help("Divide the logits of recent tokens by X", Self.standard.repetitionPenalty, "X"))
    var repetitionPenalty: Float?

    // Unconditional: what may begin with a dash.
    @Option(
        parsing: .unconditional,
        help: Self.help(
            "Lower the logits of recent tokens by X for each occurrence", Self.standard.frequencyPenalty, "X"))
    var frequencyPenalty: Float?

    @Option(
        parsing: .unconditional,
        help: Self.help("Lower the logits of recent tokens by X", Self.standard.presencePenalty, "X"))
    var presencePenalty: Float?

    @Option(help: Self.help("How many tokens penalties look back on", Self.standard.penaltyWindow, "N"))
    var penaltyWindow: Int?

    @Option(help: Self.help("Choose among the N most probable tokens; 0: all", Self.standard.topK, "N"))
    var topK: Int?

    @Option(
        name: .customLong("typical"), help: Self.help("Locally typical sampling up to P", Self.standard.typicalP, "P"))
    var typicalP: Float?

    @Option(help: Self.help("Choose among the fewest tokens that together reach P", Self.standard.topP, "P"))
    var topP: Float?

    @Option(help: Self.help("Drop tokens less than P times as probable as the first", Self.standard.minP, "P"))
    var minP: Float?

    @Option(
        help: ArgumentHelp(
            "0 takes the most probable token always; 1 samples as the model says "
                + "(default: 0 for run, \(ChatCommand.standardTemperature) for chat).", valueName: "T"))
    var temperature: Float?

    @Option(help: ArgumentHelp("The same seed gives the same text (default: a new one each time).", valueName: "S"))
    var seed: UInt64?

    private static func help(_ text: String, _ standard: some CustomStringConvertible, _ value: String) -> ArgumentHelp
    {
        let shown = standard.description
        let number = shown.hasSuffix(".0") ? String(shown.dropLast(2)) : shown
        return ArgumentHelp("\(text) (default: \(number)).", valueName: value)
    }

    /// The policy that the options describe, with this temperature where none is given.
    func policy(temperature standard: Float) -> SamplingPolicy {
        var policy = SamplingPolicy()
        policy.temperature = temperature ?? standard
        policy.topK = topK ?? policy.topK
        policy.topP = topP ?? policy.topP
        policy.minP = minP ?? policy.minP
        policy.typicalP = typicalP ?? policy.typicalP
        policy.repetitionPenalty = repetitionPenalty ?? policy.repetitionPenalty
        policy.presencePenalty = presencePenalty ?? policy.presencePenalty
        policy.frequencyPenalty = frequencyPenalty ?? policy.frequencyPenalty
        policy.penaltyWindow = penaltyWindow ?? policy.penaltyWindow
        for bias in logitBias { policy.logitBias[bias.token] = bias.value }
        policy.seed = seed
        return policy
    }

    /// Ranges are the policy's own; the vocabulary is not known yet, so biased tokens are checked later.
    func validate() throws {
        var policy = policy(temperature: 0)
        policy.logitBias = [:]
        do {
            try policy.validate(vocabularySize: Int(Int32.max))
        } catch {
            throw ValidationError(error.message)
        }
    }
}

/// One `--logit-bias`: a token's id and what is added to its logit.
struct LogitBias: ExpressibleByArgument {
    let token: Int32
    let value: Float

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let token = Int32(parts[0]), token >= 0, let value = Float(parts[1]),
            value < .infinity
        else { return nil }
        self.token = token
        self.value = value
    }
}
