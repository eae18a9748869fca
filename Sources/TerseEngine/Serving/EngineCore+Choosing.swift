import TerseModel

/// From logits to tokens and text.
extension EngineCore {
    /// Chooses the tokens that a step's outputs give, from `firstOutput` on.
    func choose(_ works: [StepPlan.Work], firstOutput: Int, at now: Duration, _ emit: Emit) {
        let vocabulary = runner.model.configuration.vocabularySize
        var rows = LogitRows(first: firstOutput, greatest: logitsWanted(works))
        for work in works where work.choosesNext {
            var (isOpen, right) = (true, 0)
            for guess in 0...work.draftCount {
                let logits = rows.next(width: vocabulary, of: runner)
                guard isOpen else { continue }
                isOpen = choose(for: work, after: guess, from: logits, at: now, emit)
                if isOpen { right += 1 }
            }
            statistics.acceptedGuesses += right
            learn(guessed: work.draftCount, right: right, at: served[work.id]?.run)
        }
    }

    /// How many of the greatest logits decide every choice; nil: all of them may.
    private func logitsWanted(_ works: [StepPlan.Work]) -> Int? {
        var most = 1
        for work in works where work.choosesNext {
            guard let run = served[work.id]?.run, let wanted = run.logitsWanted else { return nil }
            most = max(most, wanted)
        }
        return most
    }

    /// Chooses one token.
    /// - Parameter guess: how many of the work's guesses were right.
    /// - Returns: whether the next guess was right too, so that another token can be chosen.
    private func choose(
        for work: StepPlan.Work, after guess: Int, from logits: UnsafeMutableBufferPointer<Float>, at now: Duration,
        _ emit: Emit
    ) -> Bool {
        guard let run = served[work.id]?.run else { return false }
        run.promptIsIn(at: now)
        guard !run.isFull else {
            finish(work.id, run.fullReason, at: now, emit)
            return false
        }
        let top = run.request.logProbabilities
        if top != nil { record.take(logits) }
        let chosen: Int32?
        do { chosen = try run.choose(from: logits, runner: runner, mask: mask, at: now) } catch {
            fail(work.id, error, emit)
            return false
        }
        guard let token = chosen else {
            finish(work.id, .endOfText, at: now, emit)
            return false
        }
        scheduler.append(token, to: work.id)
        statistics.generatedTokens += 1
        let probabilities = top.map { record.probabilities(of: token, top: $0) }
        if let reason = follow(token, probabilities, run, { emit(work.id, .success($0)) }) {
            finish(work.id, reason, at: now, emit)
            return false
        }
        return guess < work.draftCount && scheduler.guess(guess, of: work.id) == token
    }

    /// Tells of a chosen token and the text that it gives.
    /// - Returns: why the generation is over, if it is.
    private func follow(
        _ token: Int32, _ probabilities: LogProbabilities?, _ run: GenerationRun, _ emit: (GenerationEvent) -> Void
    ) -> GenerationSummary.Reason? {
        let (text, match) = run.text(of: token)
        if probabilities != nil || run.request.reportsTokens {
            emit(.tokens([GeneratedToken(id: token, probabilities: probabilities, textStart: run.textStart)]))
        }
        if run.endsText(token) { return .endOfText }
        if !text.isEmpty { emit(.text(text)) }
        if let match { return .stopString(match) }
        return run.isFull ? run.fullReason : nil
    }
}

/// Hands out the logits of a pass's outputs one after the other, computed as many together as there is memory for.
struct LogitRows {
    private var logits = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
    private var computed: Int
    private var given: Int
    private let greatest: Int?

    /// - Parameter greatest: as `OutputHead.logits` has it.
    init(first: Int, greatest: Int?) { (computed, given, self.greatest) = (first, first, greatest) }

    /// The next row, [vocabulary], to be changed at will; valid until the one after it.
    mutating func next(width: Int, of runner: ModelRunner) -> UnsafeMutableBufferPointer<Float> {
        if given == computed {
            let count = min(runner.head.maxRows, runner.outputCount - computed)
            logits = runner.logits(first: computed, count: count, greatest: greatest)
            computed += count
        }
        let row = given - (computed - logits.count / width)
        given += 1
        return UnsafeMutableBufferPointer(rebasing: logits[row * width..<(row + 1) * width])
    }
}
