/// Counts the steps of making a grammar, so that together they end in bounded time.
final class WorkMeter {
    let limits: GrammarLimits
    private(set) var spent = 0

    init(limits: GrammarLimits) { self.limits = limits }

    func spend(_ steps: Int) throws(GrammarError) {
        spent += steps
        guard spent <= limits.workMax else {
            throw GrammarError(
                .limitExceeded, "the grammar takes more than \(limits.workMax) steps to compile: simplify it")
        }
    }

    func check(states: Int) throws(GrammarError) {
        guard states <= limits.ruleStatesMax else {
            throw GrammarError(
                .limitExceeded, "a rule or pattern needs more than \(limits.ruleStatesMax) states: simplify it")
        }
    }
}
