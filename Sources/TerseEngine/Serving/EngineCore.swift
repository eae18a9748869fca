import TerseModel
import TerseTensor
import TerseTokenizer

/// Serves requests together on one runner, synchronously, step by step: each step runs one batch of prompt chunks and
/// generated tokens, as the scheduler plans it.
///
/// What a request gets does not depend on the others, to the last bit. Belongs to one thread, as its runner does; clock and
/// readers are the caller's.
final class EngineCore {
    /// Tells what happened to a request; `finished` or an error comes last.
    typealias Emit = (_ id: RequestID, _ event: Result<GenerationEvent, EngineError>) -> Void

    let runner: ModelRunner
    let tokenizer: Tokenizer
    /// The most tokens of a request whose keys and values are kept.
    let positionsMax: Int
    var scheduler: Scheduler
    var served: [RequestID: ServedRequest] = [:]
    var statistics = EngineStatistics()
    let mask: TokenMask
    let record: LogProbabilityRecord
    /// What guesses at tokens, if that is a model.
    let drafter: Drafter?
    var costs: StepCosts
    /// How often a draft model's guesses are right, in all texts.
    var draftRate = HitRate(weight: 1 / 64)
    private let batch: ForwardBatch
    /// Requests that ended in the step under way.
    var ended: [RequestID] = []

    /// - Throws: `EngineError`: `model` when there is no memory, `badRequest` for limits out of range.
    init(
        runner: ModelRunner, tokenizer: Tokenizer, limits: SchedulerLimits, drafter: Drafter? = nil
    ) throws(EngineError) {
        try limits.validate()
        self.runner = runner
        self.drafter = drafter
        let draftBytes = drafter?.runner.model.passBytes ?? 0
        costs = StepCosts(draftShare: Double(draftBytes) / Double(max(runner.model.passBytes, 1)))
        self.tokenizer = tokenizer
        let capacity = runner.pool.blockCount * KVLayout.blockTokens
        positionsMax = min(runner.plan.contextLength, capacity)
        scheduler = Scheduler(
            limits: limits, blockCount: runner.pool.blockCount, blockTokens: KVLayout.blockTokens)
        let vocabulary = runner.model.configuration.vocabularySize
        do {
            batch = try runner.makeBatch(
                tableBlocks: limits.runningMax * KVLayout.blocks(forTokens: runner.plan.contextLength))
            mask = try TokenMask(vocabularySize: vocabulary)
            record = try LogProbabilityRecord(vocabularySize: vocabulary)
        } catch {
            throw EngineError(.model, error.message)
        }
        precondition(limits.stepTokens <= batch.maxRows, "steps of \(limits.stepTokens) in \(batch.maxRows) rows")
        statistics.observe(scheduler)  // How much the cache holds is shown before the first step.
    }

    /// Bytes that a core takes beside its runner and the account of blocks.
    static func byteCount(vocabularySize: Int) -> Int {
        TokenMask.byteCount(vocabularySize: vocabularySize)
            + LogProbabilityRecord.byteCount(vocabularySize: vocabularySize)
    }

    var isIdle: Bool { scheduler.isIdle }

    /// Takes a request into the queue.
    /// - Parameter arrival: when it was submitted.
    /// - Throws: `EngineError`: `badRequest`, `promptTooLong`.
    func submit(_ request: GenerationRequest, id: RequestID, arrival: Duration) throws(EngineError) {
        try request.validate(vocabularySize: runner.model.configuration.vocabularySize)
        try accept(request, id: id, arrival: arrival)
    }

    /// Takes a request that was found valid, as `submit` does.
    func accept(_ request: GenerationRequest, id: RequestID, arrival: Duration) throws(EngineError) {
        let most = try Self.tokensMax(request, positionsMax: positionsMax)
        var submission = Submission(id: id, prompt: request.prompt, maxTokens: most)
        submission.generated = request.generated
        submission.tenant = request.tenant
        submission.priority = request.priority
        submission.usesCache = !request.embedsPrompt && request.scoresFrom == nil
        submission.deadline = request.timeout.map { arrival + $0 }
        try scheduler.submit(submission, now: arrival)
        served[id] = ServedRequest(request: request, tokensMax: most, arrival: arrival)
    }

    /// The most tokens that a request may come to generate: the last needs no place.
    /// - Throws: `EngineError` (`promptTooLong`) when its prompt has no place.
    static func tokensMax(_ request: GenerationRequest, positionsMax: Int) throws(EngineError) -> Int {
        let count = request.prompt.count + request.generated.count
        guard count <= positionsMax else {
            throw EngineError(.promptTooLong, "a prompt of \(count) tokens does not fit a context of \(positionsMax)")
        }
        return min(request.maxTokens ?? .max, positionsMax - request.prompt.count + 1)
    }

    /// Ends a request, wherever it stands; its blocks are free at once.
    func cancel(_ id: RequestID, at now: Duration, emit: Emit) {
        finish(id, .cancelled, at: now, emit)
        endFinished()
    }

    /// Ends all requests with an error.
    func fail(_ error: EngineError, emit: Emit) {
        for id in served.keys.sorted() { fail(id, error, emit) }
        endFinished()
    }

    /// Forgets what the cache keeps for requests to come.
    func dropCache() {
        scheduler.ledger.dropKept()
        drafter?.reset()
    }

    /// Plans and computes a step.
    ///
    /// - Parameters:
    ///   - clock: read a few times in a step.
    ///   - isCancelled: asked before each layer; when it says so, the step is not computed, and may be planned anew.
    /// - Returns: false when the step was cancelled.
    @discardableResult
    func step(clock: () -> Duration, isCancelled: () -> Bool = { false }, emit: Emit) -> Bool {
        let now = clock()
        let plan = scheduler.plan(now: now)
        for id in plan.expired { finish(id, .deadline, at: now, emit) }
        for admission in plan.admitted { begin(admission, at: now, emit) }
        statistics.count(plan)
        guard !plan.work.isEmpty else {
            endFinished()
            return true
        }
        // Hidden states that are averaged come first among the outputs, those that logits are made of behind them.
        let pooled = plan.work.filter(isPooled)
        let scored = plan.work.filter(isScored)
        let areMixed = !(pooled.isEmpty && scored.isEmpty)
        let others = areMixed ? plan.work.filter { !isPooled($0) && !isScored($0) } : plan.work
        for work in pooled + scored { append(work, outputs: .all) }
        for work in others {
            append(work, outputs: work.draftCount > 0 ? .all : work.choosesNext ? .last : .none)
        }
        guard runner.forward(batch, isCancelled: isCancelled) else {
            scheduler.abandon(plan)
            endFinished()
            return false
        }
        let end = clock()
        tellProgress(plan, emit)
        let firstOutput = score(scored, firstOutput: pool(pooled, at: end, emit), at: end, emit)
        choose(others, firstOutput: firstOutput, at: end, emit)
        scheduler.complete(plan)
        endFinished()
        if guesses {
            observe(plan, took: clock() - now)
            propose(clock: clock, isCancelled: isCancelled)
        }
        return true
    }

    private func append(_ work: StepPlan.Work, outputs: ForwardBatch.Outputs) {
        do throws(ModelError) {
            try batch.append(
                scheduler.tokens(of: work), at: work.positions.lowerBound, blocks: scheduler.blocks(of: work.id),
                outputs: outputs)
        } catch {
            preconditionFailure("a step that does not fit its batch: \(error.message)")
        }
    }

    /// A request is let in for the first time or again.
    private func begin(_ admission: StepPlan.Admission, at now: Duration, _ emit: Emit) {
        guard admission.isFirst, let request = served[admission.id] else { return }
        draftRate.fade()
        do {
            let run = try GenerationRun(
                request.request, tokenizer: tokenizer, vocabularySize: runner.model.configuration.vocabularySize,
                tokensMax: request.tokensMax, draftRate: draftRate.value, arrival: request.arrival, now: now)
            statistics.promptTokens += request.request.prompt.count
            run.reusedTokens = min(admission.reusedTokens, request.request.prompt.count)
            served[admission.id]?.run = run
            if !run.retoldText.isEmpty { emit(admission.id, .success(.text(run.retoldText))) }
            if let reason = run.endedBefore { finish(admission.id, reason, at: now, emit) }
        } catch {
            fail(admission.id, error, emit)
        }
    }

    private func tellProgress(_ plan: StepPlan, _ emit: Emit) {
        for work in plan.work {
            guard let total = served[work.id]?.request.prompt.count, work.positions.lowerBound < total else { continue }
            emit(work.id, .success(.prompt(processed: min(work.positions.upperBound, total), total: total)))
        }
    }

    func finish(_ id: RequestID, _ reason: GenerationSummary.Reason, at now: Duration, _ emit: Emit) {
        guard let request = served.removeValue(forKey: id) else { return }
        let rest = request.run?.finishText(after: reason) ?? ""
        if !rest.isEmpty { emit(id, .success(.text(rest))) }
        emit(id, .success(.finished(request.summary(reason, at: now))))
        ended.append(id)
    }

    func fail(_ id: RequestID, _ error: EngineError, _ emit: Emit) {
        guard served.removeValue(forKey: id) != nil else { return }
        if error.code == .notFinite { statistics.notFiniteFailures += 1 }
        emit(id, .failure(error))
        ended.append(id)
    }

    private func endFinished() {
        for id in ended {
            scheduler.end(id)
            drafter?.release(id)
        }
        statistics.ended += ended.count
        ended.removeAll(keepingCapacity: true)
        statistics.observe(scheduler)
    }
}
