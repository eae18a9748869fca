import ArgumentParser
import Foundation
import TerseEngine
import TerseEvaluation
import TerseModel
import TerseProfiling
import TerseRegistry

/// `terse profile`: what a registered variant does on this host, measured and kept.
struct ProfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Measure a registered model on this host and keep the figures with it.",
        discussion: """
            Perplexity and bits per byte on a text, divergence from a parent variant, prompt and generation rates,
            latencies and joules per token over batch sizes, memory, load time: each with its interval of 95 %, measured or
            estimated. Nothing is kept unless all was measured.

            Examples:
              terse profile novels@candidate --text heldout.txt
              terse profile novels:2/tq2_0 --text heldout.txt --parent f16 --choice hellaswag=hellaswag.txt
              terse profile novels --no-quality --batches 1,16 --power-model 12,3.5
            """)

    @Argument(help: ArgumentHelp(ModelsCommand.referenceHelp))
    var model: String

    @Option(help: ArgumentHelp("The text to measure quality on, a UTF-8 file; - is standard input.", valueName: "F"))
    var text: String?

    @Flag(help: "Measure speed, memory and energy only.")
    var noQuality = false

    @Option(help: ArgumentHelp("Tokens in a window (default: 512, or the model's context if shorter).", valueName: "N"))
    var context: Int?

    @Option(help: ArgumentHelp("Run at most N windows.", valueName: "N"))
    var windows: Int?

    @Option(
        help: ArgumentHelp(
            "The variant to compare with, of the same version or NAME:VERSION/VARIANT (default: the version's largest).",
            valueName: "V"))
    var parent: String?

    @Option(help: ArgumentHelp("Multiple choice: hellaswag, piqa or arc, and the data file.", valueName: "TASK=F"))
    var choice: ChoiceFile?

    @Option(help: ArgumentHelp("Ask at most N questions.", valueName: "N"))
    var choiceLimit: Int?

    @Option(help: ArgumentHelp("Numbers of sequences computed together.", valueName: "N,…"))
    var batches = IntegerList([1, 4, 8])

    @Option(help: ArgumentHelp("Tokens of each prompt.", valueName: "N"))
    var prompt = 128

    @Option(help: ArgumentHelp("Tokens that each sequence generates.", valueName: "N"))
    var generate = 32

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Measurements of each figure, from \(Interval.repetitionsMin) on, which an interval of 95 % takes.",
            valueName: "N"))
    var repetitions = 9

    @Option(
        help: ArgumentHelp(
            "Estimate energy by this: watts of the idle host, watts that a busy processor adds. Default: RAPL where it can "
                + "be read, else an assumption.", valueName: "IDLE,BUSY"))
    var powerModel: PowerModelArgument?

    @OptionGroup var packing: PackingOption
    @OptionGroup var evaluation: EvaluationOptions
    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the profile as JSON.")
    var json = false

    /// Batches, of which each is timed.
    static let batchesMax = 32

    func validate() throws {
        if noQuality {
            guard text == nil, context == nil, windows == nil, parent == nil, choice == nil else {
                throw ValidationError(
                    "--no-quality leaves out what --text, --context, --windows, --parent and --choice are for")
            }
        } else if text == nil {
            throw ValidationError("give --text FILE to measure quality on, or --no-quality to leave that out")
        }
        if choice == nil, choiceLimit != nil { throw ValidationError("--choice-limit needs --choice TASK=FILE") }
        try Self.check("--context", context, from: Perplexity.windowMin)
        try Self.check("--windows", windows, from: 2)
        try Self.check("--choice-limit", choiceLimit, from: 1)
        try Self.check("--prompt", prompt, from: 1, to: BenchCommand.sizeMax)
        try Self.check("--generate", generate, from: 1, to: BenchCommand.sizeMax)
        try Self.check("--repetitions", repetitions, from: Interval.repetitionsMin, to: Interval.repetitionsMax)
        for batch in batches.values { try Self.check("--batches", batch, from: 1, to: RunnerOptions.maxRowsMax) }
        guard (1...Self.batchesMax).contains(batches.values.count),
            Set(batches.values).count == batches.values.count
        else {
            throw ValidationError("--batches: expected 1 to \(Self.batchesMax) numbers, none twice")
        }
    }

    func run() throws {
        // What may be missing, or not be recorded, is asked for before anything takes long.
        try author.attribution.check()
        let text = try text.map(ProfileText.init)
        let choice = try choice.map(ProfileChoice.init)
        let registry = try registry.open()
        let subject = try locate(in: registry)
        let parent = try noQuality ? nil : parentReference(of: subject, in: registry)
        let located = try parent.map { try ModelPath.locate($0, in: registry) }
        let run = ProfileRun(options: self, subject: subject, parent: located, text: text, choice: choice)
        let profile = try run.measure()
        try Interrupts.check()
        let recorded = try registry.record(profile, of: subject.reference, by: author.attribution)
        try json ? StandardOutput.writeLine(recorded.json.serialized()) : StandardOutput.write(recorded.text)
    }

    private func locate(in registry: Registry) throws -> LocatedVariant {
        do {
            return try ModelPath.locate(try ModelReference(model), in: registry)
        } catch let error as RegistryError where [.notFound, .invalid].contains(error.code) {
            guard FileManager.default.fileExists(atPath: model) else { throw error }
            throw CommandError(
                "\(model.printable): expected a registered model, found a file; profiles are kept in the registry: "
                    + "`terse models add NAME FILE` adds it")
        }
    }

    /// The variant that is asked for; else the largest of the version, where this one is smaller.
    private func parentReference(of subject: LocatedVariant, in registry: Registry) throws -> ModelReference? {
        let version = ModelReference(name: subject.model, selector: .version(subject.version))
        guard let parent else {
            let kept = try registry.version(version).variants.filter { $0.removed == nil }
            guard let largest = kept.max(by: { $0.byteCount < $1.byteCount }),
                largest.byteCount > subject.variant.byteCount
            else { return nil }
            return ModelReference(name: version.name, selector: version.selector, variant: largest.name)
        }
        let isWhole = parent.contains { $0 == ":" || $0 == "@" }
        let reference = try ModelReference(isWhole ? parent : "\(version)/\(parent)")
        let (number, variant) = try registry.variant(reference)
        let found = ModelReference(name: reference.name, selector: .version(number), variant: variant.name)
        guard found != subject.reference else {
            throw CommandError("--parent \(parent.printable): expected another variant than \(found), found itself")
        }
        return found
    }
}
