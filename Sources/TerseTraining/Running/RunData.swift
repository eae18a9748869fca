import TerseTensor
import TerseTokenizer

/// The text of a run as tokens, in the run's folder.
struct RunData {
    let training: TokenStream
    private let heldOut: TokenStream?
    let identity: RunIdentity

    /// Nil when `report` stopped the tokenising.
    init?(
        _ recipe: TrainingRecipe, _ definition: TokenizerDefinition, _ teacher: TeacherModel?, folder: String,
        team: ThreadTeam,
        report: (TrainingRun.Event) -> Bool
    ) throws(TrainingError) {
        func dataset(_ corpus: TextCorpus, _ name: String) throws(TrainingError) -> TokenDataset? {
            let total = corpus.byteCount
            return try TokenDatasetWriter(corpus: corpus, definition: definition)
                .dataset(at: "\(folder)/\(name).tokens", team: team) { report(.tokenizing($0, of: total)) }
        }
        let corpus = try TextCorpus(recipe.data.training)
        let separate = recipe.data.heldOut.isEmpty ? nil : try TextCorpus(recipe.data.heldOut)
        if let shared = separate?.firstShared(with: corpus) {
            throw TrainingError(.data, "\(shared): is held out and learned from; take it out of one of them")
        }
        guard let all = try dataset(corpus, "training") else { return nil }
        var identity = RunIdentity(recipe, definition)
        identity.add("training text", all.fingerprint)
        if let teacher { identity.add("teacher", teacher.fingerprint) }
        if let separate {
            guard let other = try dataset(separate, "held-out") else { return nil }
            training = TokenStream(all, documents: all.documentEnds.indices)
            heldOut = TokenStream(other, documents: other.documentEnds.indices)
            identity.add("held-out text", other.fingerprint)
        } else {
            let split = try HeldOutSplit(all, fraction: recipe.data.heldOutFraction, seed: recipe.work.seed)
            training = TokenStream(all, documents: split.training)
            heldOut = split.heldOut.isEmpty ? nil : TokenStream(all, documents: split.heldOut)
            identity.add("data.held_out_fraction", recipe.data.heldOutFraction)
        }
        self.identity = identity
    }

    func evaluation(_ recipe: TrainingRecipe, _ definition: TokenizerDefinition) throws(TrainingError)
        -> HeldOutEvaluation?
    {
        guard let heldOut else { return nil }
        let tokenizer: Tokenizer
        do { tokenizer = try Tokenizer(definition) } catch { throw TrainingError(.mismatch, error.message) }
        return try HeldOutEvaluation(
            heldOut, tokenizer: tokenizer, tokensPerWindow: recipe.work.windowTokens,
            windowsMax: recipe.upkeep.evaluatedWindows)
    }
}
