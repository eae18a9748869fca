import TerseModel

/// Guesses at tokens to come, checked together with the next one: looked up where the text repeats itself, or by a draft model, whichever promises
/// more.
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
            let tokens = scheduler.tokens(of: id)
            if lookingUpPromisesMore(run, upTo: limit, requests: generating.count) {
                run.guessSource = .lookup
                let count = run.lookups.count(
                    upTo: limit, costs, requests: generating.count, textTokens: tokens.count)
                let found = count > 0 ? run.lookup.guess(after: tokens).prefix(count) : []
                scheduler.propose(Array(found), for: id)
                guard found.isEmpty, drafter != nil else { continue }
            }
            run.guessSource = .draft
            let count = run.drafts.count(upTo: limit, costs, requests: generating.count, textTokens: tokens.count)
            guard count > 0 else { continue }
            wishes.append(
                Drafter.Wish(
                    id: id, tenant: run.request.tenant, tokens: tokens, count: count, chooser: run.chooser))
        }
        if !wishes.isEmpty { draft(&wishes, clock: clock, isCancelled: isCancelled) }
    }

    /// What became of guesses at a text.
    func learn(guessed: Int, right: Int, at run: GenerationRun?) {
        guard guessed > 0, let run else { return }
        switch run.guessSource {
        case .lookup:
            run.lookup.learn(guessed: guessed, right: right)
            run.lookups.learn(guessed: guessed, right: right)
        case .draft:
            run.drafts.learn(guessed: guessed, right: right)
            usualDrafts.learn(guessed: guessed, right: right)
        }
    }

    private func lookingUpPromisesMore(_ run: GenerationRun, upTo limit: Int, requests: Int) -> Bool {
        guard drafter != nil else { return true }
        return run.lookups.best(upTo: limit, costs, requests: requests).saving
            >= run.drafts.best(upTo: limit, costs, requests: requests).saving
    }

    private func draft(_ wishes: inout [Drafter.Wish], clock: () -> Duration, isCancelled: () -> Bool) {
        guard let drafter else { return }
        let start = clock()
        let (passes, tokensRead) = drafter.draft(&wishes, target: runner, mask: mask, isCancelled: isCancelled)
        statistics.draftPasses += passes
        costs.observeDrafts(clock() - start, passes: passes, tokensRead: tokensRead)
        for wish in wishes { scheduler.propose(wish.guesses, for: wish.id) }
    }
}
