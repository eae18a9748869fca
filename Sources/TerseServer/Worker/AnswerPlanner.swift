import Foundation
import TerseEngine
import TerseJSON
import TerseModel

/// Turns a decoded request into what the engine is to generate, and how that is to be told.
struct AnswerPlanner: Sendable {
    /// A request, planned.
    struct Plan: Sendable {
        var choices: [PlannedChoice] = []
        let form: any AnswerForm
        var promptTokens = 0
        /// Of choices that a worker before had finished.
        var finishedBefore = Usage()
        /// How many those were.
        var skipped = 0
        let streams: Bool
        let includesUsage: Bool
        let gatewayContext: GatewayContext
        /// What of the request there is too much of where the engine never has room for it.
        let member: String
    }

    let model: ServedModel
    let timeout: Duration

    /// - Throws: `APIError`.
    func plan(_ request: ChatRequest, _ gatewayContext: GatewayContext) async throws(APIError) -> Plan {
        let head = head("chatcmpl", gatewayContext)
        let form = ChatAnswer(
            head: head, spelling: TokenSpelling(tokenizer: model.tokenizer),
            tellsProbabilities: request.logProbabilities != nil)
        let call = try forcedCall(request)
        let opening = call == nil ? "" : model.prompts.toolFormat.opening
        var parser: ToolCallParser?
        if request.toolChoice != .none {
            parser = ToolCallParser(
                format: model.prompts.toolFormat, names: Set(request.tools.map(\.name)),
                allowsParallelCalls: request.allowsParallelCalls)
        }
        let prompt = try model.prompts.tokens(request, opening: opening, now: head.created)
        try model.prompts.checkCount(prompt, of: "messages")
        try model.prompts.check(request.sampling.policy.logitBias.keys, of: "logit_bias")
        var plan = Plan(
            form: form, streams: request.sampling.streams, includesUsage: request.sampling.includesUsage,
            gatewayContext: gatewayContext, member: request.sampling.choiceCount > 1 ? "n" : "messages")
        var generation = generation(prompt, request.sampling, gatewayContext)
        generation.maxTokens = request.tokensMax
        generation.logProbabilities = request.logProbabilities
        try checkSize(request.logProbabilities, request.tokensMax, request.sampling.choiceCount, plan)
        let rule = call ?? OutputRule(request.responseFormat)
        generation.continuesPrompt = !opening.isEmpty || rule?.countsLeadingSpace ?? false
        try Self.checkStops(request.sampling.stops, rule)
        generation.constraint = try await constraint(rule ?? strictCalls(request))
        // Under a rule they may be part of the text.
        if rule == nil { generation.stopStrings += model.prompts.stopStrings }
        add(generation, request.sampling.choiceCount, parser: parser, opening: opening, to: &plan)
        return plan
    }

    /// - Throws: `APIError`.
    func plan(_ request: CompletionRequest, _ gatewayContext: GatewayContext) async throws(APIError) -> Plan {
        let head = head("cmpl", gatewayContext)
        let count = request.sampling.choiceCount
        try model.prompts.check(request.sampling.policy.logitBias.keys, of: "logit_bias")
        let rule = OutputRule(request.responseFormat)
        try Self.checkStops(request.sampling.stops, rule)
        let constraint = try await constraint(rule)
        var echoes: [String] = []
        if request.echoes {
            echoes = request.prompts.flatMap { [String](repeating: model.prompts.text($0), count: count) }
        }
        let form = TextAnswer(
            head: head, spelling: TokenSpelling(tokenizer: model.tokenizer),
            tellsProbabilities: request.logProbabilities != nil, echoes: echoes)
        // Fewer choices help where there is room for the prompts.
        let isOfChoices = count > 1 && request.prompts.count <= model.engine.limits.waitingMax
        var plan = Plan(
            form: form, streams: request.sampling.streams, includesUsage: request.sampling.includesUsage,
            gatewayContext: gatewayContext, member: isOfChoices ? "n" : "prompt")
        try checkSize(request.logProbabilities, request.tokensMax, request.prompts.count * count, plan)
        for prompt in request.prompts {
            var generation = generation(
                try model.prompts.tokens(prompt, of: "prompt"), request.sampling, gatewayContext)
            generation.maxTokens = request.tokensMax
            generation.logProbabilities = request.logProbabilities
            generation.constraint = constraint
            add(generation, count, parser: nil, opening: "", to: &plan)
        }
        return plan
    }

    /// Where a text ends by a stop string it may not be what its rule says.
    private static func checkStops(_ stops: [String], _ rule: OutputRule?) throws(APIError) {
        guard let rule, rule.isJSON, !stops.isEmpty else { return }
        throw .invalid("stop: not allowed where the answer must be JSON", parameter: "stop")
    }

    /// Answers that are not streamed are held whole.
    private func checkSize(_ top: Int?, _ tokensMax: Int?, _ choices: Int, _ plan: Plan) throws(APIError) {
        guard let top, !plan.streams else { return }
        let tokens = min(tokensMax ?? .max, model.engine.positionsMax) * choices
        guard tokens * (top + 1) <= APILimits.probabilitiesMax else {
            throw .invalid(
                "logprobs: \(tokens) tokens with \(top + 1) probabilities each, expected at most "
                    + "\(APILimits.probabilitiesMax) in an answer that is not streamed", parameter: "logprobs")
        }
    }

    private func head(_ kind: String, _ gatewayContext: GatewayContext) -> AnswerHead {
        AnswerHead(
            id: gatewayContext.id ?? "\(kind)-" + Hexadecimal.text(.random(in: 0...UInt64.max)),
            created: gatewayContext.created ?? Int(Date().timeIntervalSince1970), model: model.name,
            fingerprint: model.fingerprint)
    }

    private func generation(
        _ prompt: [Int32], _ sampling: SamplingFields, _ gatewayContext: GatewayContext
    ) -> GenerationRequest {
        var request = GenerationRequest(prompt: prompt, policy: sampling.policy)
        request.policy.seed = sampling.policy.seed ?? gatewayContext.seed
        request.stopStrings = sampling.stops
        request.ignoresEndOfText = sampling.ignoresEndOfText
        request.reportsTokens = true
        request.guessesMax = model.engine.guessesMax
        gatewayContext.apply(to: &request)
        sampling.urgency.apply(to: &request, gatewayContext, within: timeout)
        return request
    }

    /// Adds the choices of one prompt: each with a seed of its own.
    private func add(
        _ request: GenerationRequest, _ count: Int, parser: ToolCallParser?, opening: String, to plan: inout Plan
    ) {
        plan.promptTokens += request.prompt.count
        let planned = plan.choices.count
        for _ in 0..<count {
            let index = plan.choices.count + plan.skipped
            var before = GatewayContext.Choice()
            if index < plan.gatewayContext.choices.count { before = plan.gatewayContext.choices[index] }
            guard !before.isFinished else {
                plan.finishedBefore.completionTokens += before.generated.count
                plan.skipped += 1
                continue
            }
            var request = request
            request.policy.seed = request.policy.seed.map { $0 &+ UInt64(index) }
            if request.policy.seed == nil, !before.generated.isEmpty { before = GatewayContext.Choice() }
            // The last token of a full context has no place: it is chosen anew, as the same.
            let places = max(0, model.engine.positionsMax - request.prompt.count)
            request.generated = Array(before.generated.prefix(places))
            let progress = ChoiceProgress(
                choice: index, head: plan.form.head, parser: parser, opening: opening,
                answeredBytes: before.textBytes, answeredTokens: before.generated.count)
            plan.choices.append(
                PlannedChoice(
                    isFirstOfPrompt: plan.choices.count == planned, request: request, progress: progress))
        }
    }

    /// The rule of an answer that must be a call; nil where it need not be one.
    private func forcedCall(_ request: ChatRequest) throws(APIError) -> OutputRule? {
        let tools: [ToolDefinition]
        switch request.toolChoice {
        case .none, .auto: return nil
        case .required: tools = request.tools
        case .function(let name): tools = request.tools.filter { $0.name == name }
        }
        guard request.responseFormat == .text else {
            let member = request.responseFormat.parameter
            throw .invalid("\(member): not allowed where tool_choice asks for a call", parameter: member)
        }
        return OutputRule(callOf: tools, format: model.prompts.toolFormat)
    }

    /// The rule of an answer in which there may be calls of strict functions.
    private func strictCalls(_ request: ChatRequest) -> OutputRule? {
        guard request.toolChoice == .auto else { return nil }
        return OutputRule(
            textWithCallsOf: request.tools, format: model.prompts.toolFormat,
            allowsParallelCalls: request.allowsParallelCalls)
    }

    private func constraint(_ rule: OutputRule?) async throws(APIError) -> (any TokenConstraint)? {
        guard let rule else { return nil }
        return try await model.grammars.constraint(rule)
    }
}
