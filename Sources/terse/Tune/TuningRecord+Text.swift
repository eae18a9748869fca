import TerseProfiling
import TerseRegistry

extension TuningRecord {
    /// What the options bring, with its interval: `1.12 (1.10 to 1.14)`.
    var gainText: String {
        guard options.changeCount > 0, let ratio = comparison?.ratio else { return "none (1.00)" }
        return "\(Quantity.decimals(ratio.value, 2)) (\(Quantity.decimals(ratio.low, 2)) to "
            + "\(Quantity.decimals(ratio.high, 2)))"
    }

    /// A table of all rounds, what the comparison said, and what is used from now on.
    var text: String {
        """
        \(host.text.printable)
        \(Timestamp.text(time)) by terse \(program.version.printable), for \(conditions.goal.rawValue), \
        \(conditions.streams) streams

        \(table)
        \(comparisonLine)
        used from now on: \(options.text), gain \(gainText)

        """
    }

    private var table: String {
        guard !rounds.isEmpty else { return "one configuration beside the defaults: no rounds\n" }
        var table = Table([
            ("round", .right), ("passes", .right), ("configuration", .left), ("prompt tok/s", .right),
            ("tok/s", .right), ("\(conditions.streams) streams tok/s", .right), ("to defaults", .right),
        ])
        for (index, round) in rounds.enumerated() {
            for row in round.rows {
                let rates = [\TrialRates.prompt, \.generation, \.streams].map { path in
                    row.rates.map { Quantity.figures($0[keyPath: path]) } ?? "–"
                }
                table.add(
                    ["\(index + 1)", "\(round.passes)", row.options.text] + rates
                        + [row.rates == nil ? "no memory" : Quantity.decimals(row.ratio, 3)])
            }
        }
        return table.text
    }

    private var comparisonLine: String {
        guard let comparison else { return "nothing else could be measured than the defaults" }
        let ratio = comparison.ratio
        return "\(comparison.options.text) against the defaults, \(ratio.samples) pairs: "
            + "\(Quantity.decimals(ratio.value, 3)) times as fast, 95 % from \(Quantity.decimals(ratio.low, 3)) to "
            + "\(Quantity.decimals(ratio.high, 3))"
    }
}
