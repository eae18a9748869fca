import ArgumentParser
import TerseFormats

/// `terse inspect`: what a model file holds and what running it takes.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a model file holds and the memory that it needs.",
        discussion: """
            Examples:
              terse inspect model.gguf
              terse inspect model.gguf --context 8192 --kv int8
              terse inspect model.gguf --tensors --json
            """)

    @OptionGroup var source: ModelOptions
    @OptionGroup var sequence: SequenceOptions
    @OptionGroup var compute: ThreadOptions

    @Flag(help: "List every tensor.")
    var tensors = false

    @Flag(help: "List every metadata key.")
    var metadata = false

    @Flag(help: "Print everything as JSON.")
    var json = false

    func run() throws {
        let inspection = try Inspection(source.open(), sequence: sequence, threads: compute.threads)
        guard !json else { return try StandardOutput.writeLine(inspection.json.serialized()) }
        try StandardOutput.write(inspection.text)
        if metadata { try StandardOutput.write("\n" + inspection.metadataTable) }
        if tensors { try StandardOutput.write("\n" + inspection.tensorTable) }
    }
}
