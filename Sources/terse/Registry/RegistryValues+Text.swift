import TerseRegistry

extension AliasMove {
    /// What was done, in a line, or as JSON.
    func report(json: Bool) throws {
        if json { return try StandardOutput.writeLine(self.json.serialized()) }
        StandardError.writeLine("\(model)@\(alias) points to \(target)")
    }

    fileprivate var target: String { version.map { "\(model):\($0)/\(variant ?? "")" } ?? "nothing" }
}

extension [AliasMove] {
    /// A table.
    var text: String {
        var table = Table([
            ("time", .left), ("alias", .left), ("move", .left), ("points to", .left), ("by", .left), ("why", .left),
        ])
        for move in self {
            table.add([
                Timestamp.text(move.made.date), move.alias, move.kind.rawValue, move.target, move.made.author.printable,
                move.made.reason?.printable ?? "",
            ])
        }
        return table.text
    }
}

extension [AliasTarget] {
    /// A table.
    var text: String {
        var table = Table([("alias", .left), ("version", .right), ("variant", .left), ("since", .left), ("by", .left)])
        for target in self {
            table.add([
                target.alias, "\(target.version)", target.variant, Timestamp.text(target.moved.date),
                target.moved.author.printable,
            ])
        }
        return table.text
    }
}

extension [HistoryEntry] {
    /// A table.
    var text: String {
        var table = Table([
            ("time", .left), ("model", .left), ("event", .left), ("alias", .left), ("detail", .left), ("by", .left),
            ("why", .left),
        ])
        for entry in self {
            let version = entry.version.map { ":\($0)" } ?? ""
            let variant = entry.variant.map { "/\($0)" } ?? ""
            table.add([
                Timestamp.text(entry.made.date), entry.model + version + variant, entry.event.rawValue,
                entry.alias ?? "", entry.shortDetail, entry.made.author.printable, entry.made.reason?.printable ?? "",
            ])
        }
        return table.text
    }
}

extension HistoryEntry {
    /// Of a host's hash enough to tell a few apart.
    fileprivate var shortDetail: String {
        let detail = detail?.printable ?? ""
        return event == .profileRecorded ? String(detail.prefix(12)) : detail
    }
}

extension ModelSummary {
    /// The model and a line for each variant.
    func text(_ versions: [ModelVersion]) -> String {
        var table = Table([
            ("variant", .left), ("format", .left), ("size", .right), ("added", .left), ("by", .left), ("", .left),
        ])
        for version in versions {
            for variant in version.variants {
                let names = aliases.filter { $0.version == version.number && $0.variant == variant.name }.map(\.alias)
                let removed = variant.removed.map { ["removed \(Timestamp.text($0.date))"] } ?? []
                table.add([
                    "\(version.reference)/\(variant.name)", variant.format.rawValue,
                    Quantity.bytes(Int(variant.byteCount)),
                    Timestamp.text(variant.made.date), variant.made.author.printable,
                    (names + removed).joined(separator: ", "),
                ])
            }
        }
        return "\(name): \(Quantity.bytes(Int(byteCount))), kept for \(rollbackDepth) rollbacks\n\(table.text)"
    }
}

extension ModelVersion {
    /// Lineage, variants and files.
    var text: String {
        var lines = ["\(reference), added \(Timestamp.text(made.date)) by \(made.author.printable)"]
        if let reason = made.reason { lines.append("why          \(reason.printable)") }
        if let summary = lineage.summary { lines.append("description  \(summary.printable)") }
        if let parent = lineage.parent { lines.append("parent       \(parent)") }
        if let parent = lineage.parentElsewhere {
            lines.append("parent       \(parent) of the registry that it came from, not here")
        }
        for dataset in lineage.datasets {
            let size = dataset.byteCount.map { ", \(Quantity.bytes(Int($0)))" } ?? ""
            lines.append("data         \(dataset.name.printable)\(size), SHA-256 \(dataset.sha256 ?? "unknown")")
        }
        for metric in lineage.metrics { lines.append("metric       \(metric.name.printable) \(metric.value)") }
        for variant in variants {
            let removed = variant.removed.map { ", removed \(Timestamp.text($0.date)) by \($0.author.printable)" } ?? ""
            lines.append("variant      \(variant.name), \(Quantity.bytes(Int(variant.byteCount)))\(removed)")
            for file in variant.files { lines.append("  \(file.hash)  \(file.path.printable)") }
        }
        if let recipe = lineage.recipe {
            lines.append("recipe")
            lines += recipe.split(separator: "\n", omittingEmptySubsequences: false).map { "  \(String($0).printable)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
