import Foundation
import TerseJSON
import TerseOperations
import TerseRegistry

extension DeploymentRecord {
    /// Where it is, a line for each requirement that was judged, and what clients waited for.
    var text: String {
        let state = end.map { "\($0.kind.rawValue) at \(Timestamp.text($0.made.date))" } ?? "under way"
        var lines = ["deployment \(id) of \(candidate): \(state)"]
        if let rollout = end?.rollout {
            lines.append("rollout \(rollout) decides from here: terse rollout status \(model)")
        }
        if let error = end.flatMap(\.object)?["error"]?.stringValue { lines.append("why: \(error.printable)") }
        if let why = end?.made.reason { lines.append("why: \(why.printable)") }
        return lines.joined(separator: "\n") + "\n" + (verdicts ?? "") + (load.map { $0 + "\n" } ?? "")
    }

    /// Why it was refused, a sentence for each requirement that was not met; empty where it was not.
    var refusals: [String] {
        guard let object = events.last(where: { $0.kind == .refused }).flatMap(\.object) else { return [] }
        return (object["verdicts"]?.arrayValue ?? []).filter { $0["met"]?.boolValue == false }.map { verdict in
            let place = verdict["place"]?.stringValue.map { $0.printable + ": " } ?? ""
            let found =
                verdict["value"] == nil
                ? "nothing measured"
                : "\(Self.amount(verdict, "value")) (\(verdict["basis"]?.stringValue ?? ""))"
            let limit = verdict["at_least"] == nil ? ("at most", "at_most") : ("at least", "at_least")
            return "\(place)\(verdict["requirement"]?.stringValue ?? ""): expected \(limit.0) "
                + "\(Self.amount(verdict, limit.1)), found \(found)"
        }
    }

    private var verdicts: String? {
        let judged = events.last { [.accepted, .refused].contains($0.kind) }.flatMap(\.object)
        guard let verdicts = judged?["verdicts"]?.arrayValue, !verdicts.isEmpty else { return nil }
        return Self.table(of: verdicts)
    }

    /// A line for each verdict.
    static func table(of verdicts: [JSONValue]) -> String {
        var table = Table([
            ("requirement", .left), ("limit", .right), ("found", .right), ("interval of 95 %", .right),
            ("basis", .left), ("verdict", .left),
        ])
        for verdict in verdicts {
            let limit = verdict["at_least"] == nil ? ("≤ ", "at_most") : ("≥ ", "at_least")
            let (low, high) = (amount(verdict, "low"), amount(verdict, "high"))
            let met = verdict["met"]?.boolValue == true ? "met" : "NOT MET"
            table.add([
                verdict["requirement"]?.stringValue ?? "", limit.0 + amount(verdict, limit.1),
                amount(verdict, "value"), low == high ? "–" : "\(low) to \(high)", verdict["basis"]?.stringValue ?? "–",
                met + (verdict["marginal"]?.boolValue == true ? ", within the interval" : ""),
            ])
        }
        return table.text
    }

    /// A figure of a verdict in its quantity's unit.
    private static func amount(_ verdict: JSONValue, _ key: String) -> String {
        guard let value = verdict[key]?.doubleValue else { return "–" }
        let quantity = verdict["requirement"]?.stringValue.flatMap(RequirementQuantity.init(rawValue:))
        return quantity?.isBytes == true ? Quantity.bytes(Int(value)) : Quantity.significant(value)
    }

    private var load: String? {
        let events = events.filter { [.accepted, .refused].contains($0.kind) }
        guard let load = events.compactMap(\.object).last(where: { $0["load"] != nil })?["load"] else { return nil }
        func number(_ keys: String...) -> String {
            let value = keys.reduce(load) { $0[$1] ?? .null }
            return value.doubleValue.map(Quantity.significant) ?? "–"
        }
        return """
            \(number("streams")) clients, prompts of \(number("prompt_tokens")) tokens, answers of \
            \(number("output_tokens")): \(number("tokens_per_second")) tokens/s, first token after \
            \(number("time_to_first_token_ms", "p50", "value")) ms (p95 \
            \(number("time_to_first_token_ms", "p95", "value"))), \
            then one in \(number("time_per_output_token_ms", "p50", "value")) ms \
            (p95 \(number("time_per_output_token_ms", "p95", "value")))
            """
    }
}

extension DeploymentRecord.Event {
    fileprivate var object: JSONObject? { (try? JSONValue.parse(details))?.objectValue }
}

extension [DeploymentRecord] {
    /// A table of all of them.
    var text: String {
        var table = Table([
            ("time", .left), ("deployment", .right), ("candidate", .left), ("event", .left), ("by", .left),
            ("why", .left),
        ])
        for deployment in self {
            for event in deployment.events {
                table.add([
                    Timestamp.text(event.made.date), "\(deployment.id)", deployment.candidate.description,
                    event.kind.rawValue, event.made.author.printable, event.made.reason?.printable ?? "",
                ])
            }
        }
        return table.text
    }
}
