import ArgumentParser
import TerseConfiguration
import TerseOperations

/// `terse route simulate`: a trace, replayed under policies.
struct RouteSimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Replay a trace of requests under policies, and compare what they come to.",
        discussion: """
            A trace says what every variant made of each request. The router learns from the first ones and is judged by
            the others, with nothing learned there. Rows are means over these: bits per byte, milliseconds and joules of
            a request, the share that the best variant answered, the time in percent of the best variant's, and the bits
            per byte less those of random mixing that takes as much time, ± one standard error: negative is better.

            Policies: \(PolicyList.kinds).
            A weight is of time, against 1 for quality.

            Examples:
              terse route simulate --trace trace.jsonl
              terse route simulate --trace trace.jsonl --policies random=0.5,router=balanced,router=1.2,oracle=1
              terse route simulate --trace trace.jsonl --policy-file policies.yaml --learning-share 0.3 --json
            """)

    @Option(help: ArgumentHelp("The trace, a JSON value a line; - is standard input.", valueName: "F"))
    var trace: String

    @Option(
        help: ArgumentHelp(
            "What to compare, with commas between (default: every reference, and the router at many weights).",
            valueName: "P,…"),
        transform: PolicyList.init(argument:))
    var policies: PolicyList?

    @Option(help: ArgumentHelp("Compare the policies of this YAML file, after those of --policies.", valueName: "F"))
    var policyFile: String?

    @Option(help: ArgumentHelp("The share of the requests that is learned from; 0: none.", valueName: "X"))
    var learningShare = 0.5

    @Option(
        help: ArgumentHelp("The share of those whose qualities are known, evenly spread; 0: none.", valueName: "X"))
    var scoredShare = 1.0

    @Flag(help: "Print the report as JSON.")
    var json = false

    func validate() throws {
        for (option, share) in [("--learning-share", learningShare), ("--scored-share", scoredShare)] {
            guard share >= 0, share <= 1 else {
                throw ValidationError("\(option) must be from 0 to 1, found \(share)")
            }
        }
    }

    func run() throws {
        Interrupts.endAtOnce()
        let compared = try compared()
        let trace = try RoutingTrace.read(trace)
        let report: RoutingReport
        do {
            let simulation = try RoutingSimulation(trace, learningShare: learningShare, scoredShare: scoredShare)
            report = try simulation.report(compared)
        } catch {
            throw CommandError("\(self.trace.printable): \(error.description.printable)")
        }
        try json ? StandardOutput.writeLine(report.json()) : StandardOutput.write(report.text)
    }

    /// Nil: all there are.
    private func compared() throws -> [SimulatedPolicy]? {
        guard let policyFile else { return policies?.policies }
        let own = try RoutingPolicies(ConfigurationFile.open(policyFile)).policies
        return (policies?.policies ?? []) + own.map { .policy(name: $0.name, $0.policy) }
    }
}
