import ArgumentParser
import Foundation
import TerseChat
import TerseFormats
import TerseJSON
import TerseTensor

/// `terse convert`: any format read here to GGUF.
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Write a model as GGUF, its weights in another type if asked.",
        discussion: """
            Rows that a block type cannot hold fall back to another type, as llama.cpp's do, and the report says which.
            OUT appears when it is complete; an existing file is replaced then.

            Examples:
              terse convert ./Llama-3.2-1B llama-q4_k.gguf --type q4_k
              terse convert stories15M.bin stories.gguf --tokenizer tokenizer.bin
              terse convert bitnet-i2_s.gguf bitnet-tq2_0.gguf --type tq2_0
              terse convert falcon3-tq2_0.gguf falcon3.gguf --activations-per-token
            """)

    @OptionGroup var source: ModelOptions

    @Argument(help: "The GGUF file to write.")
    var output: String

    @Option(help: ArgumentHelp("Type of the weight matrices (default: each tensor's own).", valueName: "T"))
    var type: EncodableType?

    @Option(help: ArgumentHelp("Type of the output matrix, in place of the usual one.", valueName: "T"))
    var outputType: EncodableType?

    @Option(help: ArgumentHelp("Type of the token embedding, in place of the usual one.", valueName: "T"))
    var embeddingType: EncodableType?

    @Flag(
        help: ArgumentHelp(
            "Say that the model was trained with activations rounded to int8 token by token, as BitNet is; its ternary "
                + "matrices are faster then. I2_S files and Hugging Face's need not be told."))
    var activationsPerToken = false

    @Option(
        name: .customLong("chat-template"),
        help: ArgumentHelp("A chat template in Jinja to use in place of the model's own.", valueName: "F"))
    var chatTemplatePath: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What to say of the model, for those who use it.", valueName: "TEXT"))
    var description: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("The licence of the model, an SPDX expression.", valueName: "ID"))
    var license: String?

    @Option(help: ArgumentHelp("Write shards of at most N MiB of tensors each.", valueName: "N"))
    var shardMib: Int?

    @Flag(help: "Print the report as JSON.")
    var json = false

    @OptionGroup var compute: ThreadOptions

    static let shardMibMax = 1 << 24

    func validate() throws {
        try Self.check("--shard-mib", shardMib, from: 1, to: Self.shardMibMax)
    }

    func run() throws {
        try refuseSameFile()
        var options = ConversionOptions(type: type?.type)
        options.outputType = outputType?.type
        options.embeddingType = embeddingType?.type
        options.quantizesActivationsPerToken = activationsPerToken
        options.shardBytesMax = shardMib.map { $0 << 20 }
        options.chatTemplate = try chatTemplatePath.map(Self.chatTemplate)
        options.description = description
        options.license = license
        let converter = try Converter(source.open(), options: options)
        for notice in converter.plan.notices { StandardError.writeLine("note: \(notice.printable)") }
        let report = try converter.write(
            to: output, team: ThreadTeam(threads: compute.threads), titled: "converting")
        if json { return try StandardOutput.writeLine(Self.json(of: report).serialized()) }
        for path in report.paths {
            StandardError.writeLine("wrote \(path.printable)")
        }
        StandardError.writeLine(
            "\(report.rows.count) tensors, \(Quantity.bytes(report.byteCount)), "
                + "\(Quantity.figures(report.bitsPerWeight)) bits per weight in matrices")
    }

    /// The template in the file at `path`, which must be one that can be used.
    private static func chatTemplate(at path: String) throws -> String {
        let source = try TextInput.read(path)
        let name = TextInput.name(of: path)
        guard source.contains(where: { !$0.isWhitespace }) else {
            throw CommandError("\(name): expected a chat template, found none")
        }
        do { _ = try ChatTemplate(source: source) } catch { throw CommandError("\(name): \(error.message)") }
        return source
    }

    private func refuseSameFile() throws {
        var input = stat()
        var existing = stat()
        guard stat(source.model, &input) == 0, stat(output, &existing) == 0 else { return }
        if input.st_dev == existing.st_dev && input.st_ino == existing.st_ino {
            throw CommandError("\(output): input and output are the same file; give the result another name")
        }
    }

    private static func json(of report: ConversionReport) -> JSONValue {
        [
            "paths": .array(report.paths.map { .string($0) }),
            "bytes": .integer(Int64(report.byteCount)),
            "bits_per_weight": .number(report.bitsPerWeight),
            "notices": .array(report.notices.map { .string($0) }),
            "tensors": .array(
                report.rows.map { row in
                    [
                        "name": .string(row.name), "from": .string(row.sourceType.name),
                        "type": .string(row.type.name), "bytes": .integer(Int64(row.byteCount)),
                        "fell_back_from": row.fellBackFrom.map { .string($0.name) } ?? .null,
                    ]
                }),
        ]
    }
}
