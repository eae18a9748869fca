import TerseJSON
import TerseRegistry

extension RecordedProfile {
    /// Whose it is, where and on what it was measured, and a line for each figure.
    var text: String {
        let processor = (try? JSONValue.parse(profile.hostDetails))?["processor"]?.stringValue ?? "unknown processor"
        var lines = [
            "\(reference) on \(processor.printable), host \(shortHost)",
            "\(Timestamp.text(made.date)) by \(made.author.printable) with \(profile.program.printable)",
        ]
        if let name = profile.textName {
            lines.append("text \(name.printable), SHA-256 \(profile.textHash?.description ?? "unknown")")
        }
        if let parent = profile.parent { lines.append("compared with \(parent)") }
        var table = Table([
            ("quantity", .left), ("batch", .right), ("value", .right), ("95 % from", .right), ("to", .right),
            ("unit", .left), ("of", .right), ("basis", .left),
        ])
        for figure in profile.figures {
            table.add([
                figure.quantity.printable, "\(figure.batch)", Quantity.significant(figure.value),
                Quantity.significant(figure.low), Quantity.significant(figure.high), figure.unit.printable,
                "\(figure.samples)", figure.basis.rawValue,
            ])
        }
        return lines.joined(separator: "\n") + "\n\n" + table.text
    }

    /// Enough of the hash to tell a few hosts apart.
    fileprivate var shortHost: String { String(profile.host.printable.prefix(12)) }
}

extension [RecordedProfile] {
    /// A line for each, with what is asked for most.
    var text: String {
        let columns: [(heading: String, quantity: Profile.Quantity)] = [
            ("bits/byte", .bitsPerByte), ("KL", .divergence), ("prompt tok/s", .promptRate),
            ("tok/s", .generationRate), ("J/token", .generationEnergy), ("memory", .residentMemory),
        ]
        var table = Table(
            [("time", .left), ("variant", .left), ("host", .left), ("text", .left)]
                + columns.map { ($0.heading, .right) })
        for recorded in self {
            let cells = columns.map { column in
                let figures = recorded.profile.figures.filter { $0.quantity == column.quantity.rawValue }
                let figure = figures.min { $0.batch < $1.batch }
                guard let figure else { return "–" }
                // A number from a database may be any.
                if column.quantity == .residentMemory, let bytes = Int(exactly: figure.value.rounded()) {
                    return Quantity.bytes(bytes)
                }
                return (figure.basis == .estimated ? "~" : "") + Quantity.significant(figure.value)
            }
            table.add(
                [
                    Timestamp.text(recorded.made.date), recorded.reference.description, recorded.shortHost,
                    recorded.profile.textName?.printable ?? "–",
                ] + cells)
        }
        return table.text
    }
}
