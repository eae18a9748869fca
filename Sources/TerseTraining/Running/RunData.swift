import Foundation
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
        let judged = recipe.data.heldOut.isEmpty ? nil : try TextCorpus(recipe.data.heldOut)
        if let shared = judged?.firstShared(with: corpus) {
            throw TrainingError(.data, "\(shared): is held out and learned from; take it out of one of them")
        }
        guard let all = try dataset(corpus, "training") else { return nil }
        var identity = RunIdentity(recipe, definition)
        identity.add("training text", all.fingerprint)
        if let teacher { identity.add("teacher", teacher.fingerprint) }
        if let judged {
            guard let other = try dataset(judged, "held-out") else { return nil }
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

    /// A run must not begin in a folder that holds texts of its recipe's folders: once it has, they are passed over.
    /// - Throws: `TrainingError` (`invalid`) naming the run's folder and the recipe's.
    static func check(_ folder: String, apartFrom data: TrainingRecipe.Data) throws(TrainingError) {
        guard !RunLock.wasTaken(folder), (try? TextCorpus.expand(folder)) != nil, let own = names(folder) else {
            return
        }
        for (key, paths) in [("data.training", data.training), ("data.held_out", data.heldOut)] {
            for path in paths where names(path).map({ own.starts(with: $0) }) == true {
                throw TrainingError(
                    .invalid,
                    "\(folder): holds texts of \(key) \(path), and those in a run's folder are not read; "
                        + "choose another folder for the run")
            }
        }
    }

    /// The names from the root to what a path leads to; nil where that is nothing.
    private static func names(_ path: String) -> [Substring]? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved).split(separator: "/")
    }

    func judge(_ recipe: TrainingRecipe, _ definition: TokenizerDefinition) throws(TrainingError) -> HeldOutJudge? {
        guard let heldOut else { return nil }
        let tokenizer: Tokenizer
        do { tokenizer = try Tokenizer(definition) } catch { throw TrainingError(.mismatch, error.message) }
        return try HeldOutJudge(
            heldOut, tokenizer: tokenizer, tokensPerWindow: recipe.work.windowTokens,
            windowsMax: recipe.upkeep.judgedWindows)
    }
}
