/// Metrics in Prometheus' text format, version 0.0.4.
public enum MetricPage {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The page of `families`, in their order.
    public static func text(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families {
            text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.samples { text += lines(family.name, sample) }
        }
        return text
    }

    /// One page of several: what two of them call by one name stands together, as the format demands.
    public static func merged(_ pages: [String]) -> String {
        var order: [String] = []
        var heads: [String: String] = [:]
        var bodies: [String: String] = [:]
        for page in pages {
            var name = ""
            for line in page.split(separator: "\n", omittingEmptySubsequences: true) {
                guard line.hasPrefix("#") else {
                    bodies[name, default: ""] += line + "\n"
                    continue
                }
                let words = line.split(separator: " ", maxSplits: 3)
                guard words.count > 2 else { continue }
                let next = String(words[2])
                if next != name, heads[next] == nil { order.append(next) }
                let isNew = bodies[next] == nil
                name = next
                if isNew { heads[name, default: ""] += line + "\n" }
            }
        }
        return order.map { (heads[$0] ?? "") + (bodies[$0] ?? "") }.joined()
    }

    private static func lines(_ name: String, _ sample: MetricFamily.Sample) -> String {
        switch sample {
        case .number(let labels, let value): return line(name, labels, value)
        case .histogram(let labels, let snapshot):
            var text = ""
            var count = 0
            for (bound, inside) in zip(snapshot.bounds, snapshot.counts) {
                count += inside
                text += line(name + "_bucket", labels + [("le", number(bound))], Double(count))
            }
            text += line(name + "_bucket", labels + [("le", "+Inf")], Double(snapshot.count))
            text += line(name + "_sum", labels, snapshot.sum)
            text += line(name + "_count", labels, Double(snapshot.count))
            return text
        }
    }

    private static func line(_ name: String, _ labels: [MetricFamily.Label], _ value: Double) -> String {
        let inside = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
        return "\(name)\(inside.isEmpty ? "" : "{\(inside)}") \(number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        return Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
