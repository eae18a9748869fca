import TerseModel

/// Guesses at tokens to come, checked together with the next one: by a draft model where there is one, otherwise by looking
/// up what followed before.
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
            let count = run.guesses.count(upTo: limit, costs, requests: generating.count, textTokens: tokens.count)
            guard count > 0 else { continue }
            if drafter == nil {
                scheduler.propose(Array(run.lookup.guess(after: tokens).prefix(count)), for: id)
            } else {
                wishes.append(
                    Drafter.Wish(
                        id: id, tenant: run.request.tenant, tokens: tokens, count: count, chooser: run.chooser))
            }
        }
        if !wishes.isEmpty { draft(&wishes, clock: clock, isCancelled: isCancelled) }
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
