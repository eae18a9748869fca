import ArgumentParser
import TerseRegistry

/// What is known of a version's origin.
struct LineageOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The version that it was made from: NAME:VERSION.", valueName: "REF"))
    var parent: ModelReference?

    @Option(help: ArgumentHelp("The recipe that it was trained by, a text file.", valueName: "F"))
    var recipe: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A file that it was trained on; its name, size and hash are kept. May be repeated.", valueName: "F"))
    var data: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A figure to keep with it; may be repeated.", valueName: "NAME=X"))
    var metric: [NamedNumber] = []

    @Option(parsing: .unconditional, help: ArgumentHelp("What to say of it.", valueName: "TEXT"))
    var description: String?

    var isEmpty: Bool {
        parent == nil && recipe == nil && data.isEmpty && metric.isEmpty && description == nil
    }

    /// Reads the files that it names.
    func read() throws -> Lineage {
        var lineage = Lineage()
        lineage.parent = parent
        lineage.summary = description
        lineage.recipe = try recipe.map(TextInput.read)
        lineage.metrics = metric.map { Lineage.Metric(name: $0.name, value: $0.value) }
        lineage.datasets = try data.map { path in
            try ProgressBar.during("hashing \(path.printable)", unit: .bytes, leavesLine: false) { report in
                try Lineage.Dataset(file: path) { report(Int($0), nil) }
            }
        }
        return lineage
    }
}

/// `NAME=X`.
struct NamedNumber: ExpressibleByArgument {
    let name: String
    let value: Double

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let value = Double(parts[1]), value.isFinite else { return nil }
        (name, self.value) = (String(parts[0]), value)
    }
}
