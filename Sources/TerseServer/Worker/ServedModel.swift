import Crypto
import Foundation
import TerseChat
import TerseEngine
import TerseFormats
import TerseModel
import TerseTokenizer

/// A model that answers requests: its engine, and how conversations become its tokens.
public final class ServedModel: Sendable {
    /// What clients call it.
    public let name: String
    public let engine: Engine
    /// When it was loaded, in seconds since 1970.
    let created: Int
    let fingerprint: String
    /// The same for all models whose tokens are the same.
    let vocabulary: String
    /// What the file says of the model, if anything; a description's first `APILimits.descriptionBytesMax` bytes.
    let description: String?
    let license: String?
    /// Whether it brings a chat template; else it may never have seen a conversation.
    let hasChatTemplate: Bool
    let prompts: PromptMaker
    let grammars: GrammarStore
    let figures: ModelFigures

    /// Why packed weights, the draft's too, take memory of the process's own, though they were to be kept in a file.
    public let packingProblem: String?
    /// Why it may write worse than it can: it is to take longer texts than those that it was trained with.
    public let contextProblem: String?

    var tokenizer: Tokenizer { engine.tokenizer }

    /// What a worker says on standard output once it accepts connections: its gateway waits for that.
    public var readyLine: String { "\(WorkerProcess.readyWord)\(fingerprint) \(vocabulary)" }

    /// What it says there instead when it cannot serve.
    public static func failureLine(_ message: String) -> String {
        WorkerProcess.failedWord + message.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// Loads a model and takes the memory that serving it needs.
    /// - Parameters:
    ///   - draft: a small model of the same vocabulary, to guess at tokens.
    ///   - packing: of both.
    /// - Throws: the error of the room that found something wrong, naming the file.
    public init(
        name: String, file: ModelFile, draft: ModelFile? = nil, packing: Packing, options: EngineOptions
    ) throws {
        let (model, tokenizer) = try Self.load(file, packing)
        let draft = try draft.map { file in
            let (model, tokenizer) = try Self.load(file, packing)
            return DraftModel(model: model, tokenizer: tokenizer)
        }
        self.name = name
        engine = try Engine(model: model, tokenizer: tokenizer, draft: draft, options: options)
        prompts = try PromptMaker(
            tokenizer: tokenizer, template: file.chatTemplate, tokensMax: engine.positionsMax)
        description = file.description.map { text in
            String(decoding: text.utf8.prefix(APILimits.descriptionBytesMax), as: UTF8.self)
        }
        license = file.license
        hasChatTemplate = file.chatTemplate != nil
        contextProblem = RunnerOptions.contextProblem(options.contextLength, for: model.configuration)
        packingProblem = model.packingProblem ?? draft?.model.packingProblem
        created = Int(Date().timeIntervalSince1970)
        fingerprint = Self.fingerprint(file, options)
        vocabulary = Self.fingerprint(tokenizer)
        grammars = GrammarStore(tokenizer)
        figures = ModelFigures()
    }

    private static func load(_ file: ModelFile, _ packing: Packing) throws -> (Model, Tokenizer) {
        guard let definition = try file.tokenizerDefinition() else {
            throw ServerError("\(file.path): holds no tokenizer, which serving needs")
        }
        let model = try Model(file, packing: packing)
        let tokenizer = try Tokenizer(definition)
        let rows = model.configuration.vocabularySize
        guard tokenizer.vocabularySize <= rows else {
            throw ServerError(
                "\(file.path): the tokenizer has \(tokenizer.vocabularySize) tokens, the model's embedding "
                    + "\(rows) rows")
        }
        return (model, tokenizer)
    }

    /// Of every token's bytes, in order.
    private static func fingerprint(_ tokenizer: Tokenizer) -> String {
        var hash = SHA256()
        for id in 0..<Int32(tokenizer.vocabularySize) {
            let piece = tokenizer.piece(id)
            hash.update(data: Data([UInt8(truncatingIfNeeded: piece.count)] + piece))
        }
        return "vocabulary_" + Hexadecimal.text(hash.finalize().prefix(8))
    }

    /// Of what decides which text a seed gives: the file as it stands, and how keys and values are kept.
    private static func fingerprint(_ file: ModelFile, _ options: EngineOptions) -> String {
        var hash = SHA256()
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        let size = attributes?[.size] as? Int ?? 0
        let time = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        hash.update(data: Data("\(file.path) \(size) \(time) \(options.kvType)".utf8))
        return "fp_" + Hexadecimal.text(hash.finalize().prefix(5))
    }
}
