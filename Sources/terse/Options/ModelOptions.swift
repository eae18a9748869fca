import ArgumentParser
import Foundation
import TerseFormats

/// MODEL and what a model's files do not say about themselves.
struct ModelOptions: ParsableArguments {
    static var help: ArgumentHelp {
        "A GGUF file (of a sharded model the first), Hugging Face directory or llama2.c checkpoint, or the name of a registered model."
    }

    @Argument(help: Self.help)
    var model: String

    @OptionGroup var reading: ReadingOptions

    /// - Throws: `FormatError` naming the file and what is wrong with it.
    func open() throws -> ModelFile { try reading.open(model) }
}

/// What a model's files do not say about themselves.
struct ReadingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A tokenizer to use in place of the model's own.", valueName: "F"))
    var tokenizer: String?

    @OptionGroup var packing: PackingOption

    /// - Parameter home: where a registered model is looked up.
    /// - Throws: `FormatError` naming the file and what is wrong with it, or what `ModelPath` throws.
    func open(_ path: String, home: URL = HomeOption.standardDirectory) throws -> ModelFile {
        try ModelFile.open(
            try ModelPath.resolve(path, home: home),
            options: ModelFile.Options(i2sOrder: packing.i2sOrder, tokenizerPath: tokenizer))
    }
}

/// `--i2s-order`, for commands that have no use for a tokenizer.
struct PackingOption: ParsableArguments {
    @Option(
        name: .customLong("i2s-order"),
        help: "How bitnet.cpp packed I2_S weights, which its files do not say: x86 or arm.")
    var i2sOrder = I2SOrder.x86

    /// - Throws: `FormatError` naming the file and what is wrong with it, or what `ModelPath` throws.
    func open(_ path: String) throws -> ModelFile {
        try ModelFile.open(try ModelPath.resolve(path), options: ModelFile.Options(i2sOrder: i2sOrder))
    }
}

extension I2SOrder: ExpressibleByArgument {}
