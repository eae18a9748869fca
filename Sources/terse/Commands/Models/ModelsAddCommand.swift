import ArgumentParser
import TerseFormats
import TerseRegistry
import TerseTensor

/// `terse models add`.
struct ModelsAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Register a model file or folder as a new version, or as a variant of one.",
        discussion: """
            NAME gets a new version, NAME:VERSION another variant. Files are copied into TERSE_HOME/blobs by their SHA-256,
            each once, however many variants have it. With --types the variants are what `terse convert` makes of the
            model, and the model itself is not kept. All of it is registered, or nothing.

            Examples:
              terse models add stories model.gguf --alias candidate --metric bits_per_byte=1.31
              terse models add bitnet ./bitnet-b1.58-2B-4T --types tq2_0,q8_0 --parent bitnet:1 --recipe run.yaml
              terse models add bitnet:2 bitnet:2/tq2_0 --types q4_0
            """)

    @Argument(help: "NAME, new or not, gets a new version; NAME:VERSION gets variants.")
    var name: String

    @Argument(help: ModelOptions.help)
    var model: String

    @Option(help: ArgumentHelp("What to call the variant (default: the type of its weights).", valueName: "V"))
    var variant: String?

    @Option(
        help: ArgumentHelp("Make a variant of each of these types instead: \(TypeList.known).", valueName: "T,…"),
        transform: TypeList.init(argument:))
    var types: TypeList?

    @Option(help: ArgumentHelp("Point this alias to the first of the variants, too.", valueName: "ALIAS"))
    var alias: String?

    @OptionGroup(title: "Lineage") var lineage: LineageOptions
    @OptionGroup var reading: ReadingOptions
    @OptionGroup var compute: ThreadOptions
    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the version as JSON.")
    var json = false

    func validate() throws {
        do {
            let target = try ModelReference(name)
            if target.selector != .standard, !lineage.isEmpty || alias != nil {
                throw ValidationError(
                    "\(name) gets variants: its lineage does not change, and `alias set` moves aliases")
            }
            guard target.variant == nil else {
                throw ValidationError("\(name): --variant says what the new variant is called")
            }
        } catch let error as RegistryError { throw ValidationError(error.message) }
        if types != nil && variant != nil { throw ValidationError("--types names the variants, --variant cannot") }
        for (name, what) in [(variant, "--variant"), (alias, "--alias")] {
            do { if let name { try RegistryName.check(name, what) } } catch { throw ValidationError(error.message) }
        }
    }

    func run() throws {
        let file = try reading.open(model, home: registry.home.directory)
        let registry = try registry.open()
        let lineage = try lineage.read()
        let target = try ModelReference(name)
        // Before anything is copied or converted.
        if target.selector != .standard { _ = try registry.version(target) }
        let staging = try registry.stage()
        let drafts = try types.map { try converted(file, to: $0.types, in: staging) } ?? [copied(file, in: staging)]
        let version =
            try target.selector == .standard
            ? registry.add(target.name, lineage, drafts, alias: alias, by: author.attribution)
            : registry.add(drafts, to: target, by: author.attribution)
        guard json else {
            let names = drafts.map(\.name).joined(separator: ", ")
            return StandardError.writeLine("registered \(version.reference) with \(names)")
        }
        try StandardOutput.writeLine(version.json.serialized())
    }

    private func copied(_ file: ModelFile, in staging: Staging) throws -> VariantDraft {
        if let tokenizer = reading.tokenizer, file.format != .llama2C {
            throw CommandError("\(tokenizer): the model's own tokenizer is kept; --types makes variants with another")
        }
        let source = try ModelSource(file)
        let total = Int(source.byteCount)
        return try ProgressBar.during("copying", unit: .bytes, leavesLine: false) { report in
            try source.stage(as: variant ?? file.dominantType.name, in: staging) { report(Int($0), total) }
        }
    }

    private func converted(_ file: ModelFile, to types: [ElementType], in staging: Staging) throws -> [VariantDraft] {
        let team = ThreadTeam(threads: compute.threads)
        // All are planned before the first is made, which may take long.
        let converters = try types.map { type in
            let converter = try Converter(file, options: ConversionOptions(type: type))
            try Self.refuse(type, missingIn: converter.plan, of: file)
            return (type, converter)
        }
        return try converters.map { type, converter in
            let entry = "\(try ModelReference(name).name)-\(type.name).gguf"
            for notice in converter.plan.notices { StandardError.writeLine("note: \(notice.printable)") }
            let path = staging.path(for: entry)
            _ = try converter.write(to: path, team: team, titled: "converting to \(type.name)")
            let blob = try ProgressBar.during("hashing", unit: .bytes, leavesLine: false) { report in
                try staging.adopt(path) { report(Int($0), nil) }
            }
            return VariantDraft(
                name: type.name, format: .gguf, entry: entry, files: [VariantDraft.File(path: entry, blob: blob)])
        }
    }
    /// A variant is called by its type: one in which no tensor has that type would be called by the wrong one.
    private static func refuse(
        _ type: ElementType, missingIn plan: ConversionReport, of file: ModelFile
    ) throws {
        guard !plan.rows.contains(where: { $0.type == type }),
            let reason = plan.rows.first(where: { $0.fellBackFrom == type })?.fallbackMessage
        else { return }
        throw CommandError(
            "--types \(type.name): no tensor of \(file.path.printable) can have it: \(reason.printable)")
    }
}
