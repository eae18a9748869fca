/// Counts the steps of building automata, so that together they end in bounded time.
final class WorkMeter {
    let limits: GrammarLimits
    private(set) var spent = 0

    init(limits: GrammarLimits) { self.limits = limits }

    func spend(_ steps: Int) throws(GrammarError) {
        spent += steps
        guard spent <= limits.maximumWork else {
            throw GrammarError(
                .limitExceeded, "the grammar takes more than \(limits.maximumWork) steps to compile: simplify it")
        }
    }

    func check(states: Int) throws(GrammarError) {
        guard states <= limits.maximumRuleStates else {
            throw GrammarError(
                .limitExceeded, "a rule or pattern needs more than \(limits.maximumRuleStates) states: simplify it")
        }
    }
}
