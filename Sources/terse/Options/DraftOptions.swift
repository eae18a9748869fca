import ArgumentParser
import TerseEngine
import TerseTensor

/// What guesses at tokens to come, which are then checked together.
struct DraftOptions: ParsableArguments {
    @Option(
        name: .customLong("draft-model"),
        help: ArgumentHelp(
            "A small model with the same tokenizer that guesses at the next tokens. The text is the same as without.",
            valueName: "F"))
    var path: String?

    @Option(
        name: .customLong("guesses"),
        help: ArgumentHelp(
            "The most tokens guessed at together, where the text repeats itself or by the draft model; "
                + "fewer where they do not pay; 0: none.", valueName: "N"))
    var guessesMax = EngineOptions().guessesMax

    func validate() throws {
        try Self.check("--guesses", guessesMax, from: 0, to: GenerationRequest.guessesLimit)
    }

    /// The draft model; nil: none is given.
    /// - Throws: the error of the room that found something wrong, naming the file.
    func load(_ packing: PackingOption) throws -> DraftModel? {
        guard let path else { return nil }
        let loaded = try LoadedModel(path, packing.open(path))
        return DraftModel(model: loaded.model, tokenizer: loaded.tokenizer)
    }
}
