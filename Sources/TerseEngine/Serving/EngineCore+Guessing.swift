import TerseModel

/// Guesses at tokens to come, checked together with the next one: looked up where the text repeats itself, or by a draft
/// model. What promises more comes first, the other where that has none.
extension EngineCore {
    /// Whether any request wants guesses.
    var guesses: Bool { served.values.contains { $0.request.guessesMax > 0 } }

    /// What a step took, if it shows what guesses cost.
    func observe(_ plan: StepPlan, took duration: Duration) {
        if plan.work.allSatisfy({ $0.positions.count > 1 && $0.draftCount == 0 }) {
            costs.observePrompts(duration, tokens: plan.work.reduce(0) { $0 + $1.positions.count })
        }
        let generates = plan.work.allSatisfy { $0.choosesNext && $0.positions.count == $0.draftCount + 1 }
        guard generates else { return }
        costs.observe(duration, guesses: plan.work.reduce(0) { $0 + $1.draftCount })
    }

    /// Guesses for the next step, where few enough generate that it will have room for them, and they pay.
    func propose(clock: () -> Duration, isCancelled: () -> Bool) {
        let room = scheduler.limits.draftStepTokens
        guard scheduler.runningCount < room, !costs.needsPlainStep else { return }
        let generating = scheduler.running.filter { scheduler.isDecoding($0) }.sorted()
        var wishes: [Drafter.Wish] = []
        for id in generating {
            guard let run = served[id]?.run, run.request.guessesMax > 0 else { continue }
            let limit = min(room / generating.count - 1, run.request.guessesMax, run.tokensLeft - 1)
            guard limit > 0 else { continue }
            let text = GuessedText(
                id: id, run: run, tokens: scheduler.tokens(of: id), limit: limit, requests: generating.count)
            let found = lookUp(text)
            let lookups = run.lookupRecord.promise(upTo: found.count, costs, requests: text.requests)
            let drafts = draftPromise(text)
            if drafts.saving > lookups.saving {
                if let wish = wish(text, drafts) { wishes.append(wish) } else { propose(found, lookups, for: text) }
            } else if !propose(found, lookups, for: text), let wish = wish(text, drafts) {
                wishes.append(wish)
            }
        }
        if !wishes.isEmpty { draft(&wishes, clock: clock, isCancelled: isCancelled) }
    }

    /// Of guesses at a text that were checked, the first `right` were right. Lookups are judged in `lookUp`, checked or not.
    func learn(guessed: Int, right: Int, at run: GenerationRun?) {
        guard guessed > 0, let run, run.guessSource == .draft else { return }
        run.draftRecord.learn(guessed: guessed, right: right)
        run.draftRecord.rest()
        draftRate.learn(guessed: guessed, right: right)
    }

    /// A text whose next tokens are to be guessed at.
    private struct GuessedText {
        let id: RequestID
        let run: GenerationRun
        let tokens: [Int32]
        /// The most guesses that there is room for.
        let limit: Int
        /// Those that guess in the same step.
        let requests: Int
    }

    /// What the text itself says comes next, whether or not it is worth checking: what came since the last time says how
    /// much that is worth.
    private func lookUp(_ text: GuessedText) -> ArraySlice<Int32> {
        let (guessed, right) = text.run.lookup.review(text.tokens)
        text.run.lookupRecord.learn(guessed: guessed, right: right)
        return text.run.lookup.guess(after: text.tokens).prefix(text.limit)
    }

    /// - Returns: whether what was found is to be checked.
    @discardableResult
    private func propose(_ found: ArraySlice<Int32>, _ promise: GuessRecord.Promise, for text: GuessedText) -> Bool {
        guard !found.isEmpty else { return false }
        let count = text.run.lookupRecord.count(promise, costs, requests: text.requests, unread: 0)
        guard count > 0 else { return false }
        text.run.lookupRecord.rest()
        text.run.guessSource = .lookup
        scheduler.propose(Array(found.prefix(count)), for: text.id)
        return true
    }

    /// Nothing where there is no draft model, or the text is longer than it can follow.
    private func draftPromise(_ text: GuessedText) -> GuessRecord.Promise {
        guard let drafter, text.tokens.count + text.limit - 1 <= drafter.positionsMax else { return .init() }
        return text.run.draftRecord.promise(upTo: text.limit, costs, requests: text.requests)
    }

    private func wish(_ text: GuessedText, _ promise: GuessRecord.Promise) -> Drafter.Wish? {
        guard let drafter, text.tokens.count <= drafter.positionsMax else { return nil }
        let (run, tenant) = (text.run, text.run.request.tenant)
        let unread = drafter.unread(text.id, tenant: tenant, tokens: text.tokens)
        let count = run.draftRecord.count(promise, costs, requests: text.requests, unread: unread)
        guard count > 0 else { return nil }
        run.guessSource = .draft
        return Drafter.Wish(id: text.id, tenant: tenant, tokens: text.tokens, count: count, chooser: run.chooser)
    }

    private func draft(_ wishes: inout [Drafter.Wish], clock: () -> Duration, isCancelled: () -> Bool) {
        guard let drafter else { return }
        let start = clock()
        let (passes, tokensRead) = drafter.draft(&wishes, target: runner, mask: mask, isCancelled: isCancelled)
        statistics.draftPasses += passes
        costs.observeDrafts(clock() - start, passes: passes, tokensRead: tokensRead)
        for wish in wishes {
            scheduler.propose(wish.guesses, for: wish.id)
            let isRead = drafter.unread(wish.id, tenant: wish.tenant, tokens: wish.tokens) <= 1
            if wish.guesses.isEmpty && isRead { served[wish.id]?.run?.draftRecord.rest() }
        }
    }
}
