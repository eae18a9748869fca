import Foundation
import TerseOperations
import TerseRegistry
import TerseServer

extension RolloutReport {
    /// What was done to it, in a line, or as JSON.
    func tell(_ said: String, json: Bool) throws {
        if json { return try StandardOutput.writeLine(self.json.serialized()) }
        StandardError.writeLine("rollout \(record.id) of \(record.candidate) in place of \(record.stable) \(said)")
    }

    /// Where it is, and a line for each criterion.
    var text: String {
        let paused = record.events.last { $0.kind == .paused }?.made.reason
        var lines = [
            "rollout \(record.id): \(record.candidate) in place of \(record.stable), \(phase), "
                + "\(Self.percent(record.weight)) of conversations, \(rollout.pairs) pairs of requests"
        ]
        if record.isPaused { lines.append("paused: \(paused?.printable ?? "by hand")") }
        if let end = record.end?.made.reason { lines.append("why: \(end.printable)") }
        var table = Table([
            ("criterion", .left), ("pairs", .right), ("worse by", .right), ("at least", .right), ("at most", .right),
            ("tolerated", .right), ("intolerable", .right), ("verdict", .left),
        ])
        for judgement in rollout.judgements {
            let criterion = judgement.criterion
            table.add(
                [criterion.metric.rawValue, "\(judgement.pairs)"]
                    + [
                        judgement.worsening, judgement.lower, judgement.upper, criterion.tolerated,
                        criterion.intolerable,
                    ]
                    .map(Self.number) + [judgement.verdict.rawValue])
        }
        return lines.joined(separator: "\n") + "\n" + table.text
    }

    private static func number(_ value: Double) -> String { value.isFinite ? String(format: "%.4g", value) : "–" }

    fileprivate static func percent(_ share: Double) -> String { String(format: "%.4g %%", 100 * share) }
}

extension [RolloutRecord] {
    /// A table of all events.
    var text: String {
        var table = Table([
            ("time", .left), ("rollout", .right), ("candidate", .left), ("event", .left), ("share", .right),
            ("by", .left),
            ("why", .left),
        ])
        for rollout in self {
            for event in rollout.events {
                table.add([
                    Timestamp.text(event.made.date), "\(rollout.id)", rollout.candidate.description,
                    event.kind.rawValue,
                    RolloutReport.percent(event.weight), event.made.author.printable,
                    event.made.reason?.printable ?? "",
                ])
            }
        }
        return table.text
    }
}
