import Foundation
import TerseEngine
import TerseFormats
import TerseModel
import TerseTensor
import TerseTokenizer

/// A model with its tokenizer, ready to run.
struct LoadedModel {
    let file: ModelFile
    let model: Model
    let tokenizer: Tokenizer
    /// From the start until weights and tokenizer were ready.
    let loadTime: Duration

    /// - Throws: The error of the room that found something wrong, naming the file.
    init(_ options: ModelOptions) throws { try self.init(options.model, options.reading) }

    /// - Throws: As for a command's one model.
    init(_ path: String, _ reading: ReadingOptions) throws {
        let start = ContinuousClock.now
        try self.init(path, reading.open(path), since: start)
    }

    /// - Parameter start: when its loading began, which opening the file is a part of.
    /// - Throws: As for a command's one model.
    init(_ path: String, _ file: ModelFile, since start: ContinuousClock.Instant = .now) throws {
        self.file = file
        // First, since a model lets go of what was read of its file.
        let definition = try file.tokenizerDefinition()
        model = try Self.model(file)
        guard let definition else {
            throw CommandError("\(path): holds no tokenizer; give one with --tokenizer FILE")
        }
        tokenizer = try Tokenizer(definition)
        // A vocabulary larger than the embedding would name rows that are not there.
        let rows = model.configuration.vocabularySize
        guard tokenizer.vocabularySize <= rows else {
            throw CommandError(
                "\(path): the tokenizer has \(tokenizer.vocabularySize) tokens, "
                    + "the model's embedding \(rows) rows; give the model's own with --tokenizer FILE")
        }
        loadTime = start.duration(to: .now)
    }

    /// A model with its weights packed and kept; says so where that cannot be.
    static func model(_ file: ModelFile) throws -> Model {
        let model = try Model(file, packing: Packing.standard)
        if let problem = model.packingProblem {
            StandardError.writeLine("note: packed weights take memory of their own: \(problem)")
        }
        return model
    }

    /// Takes the memory that generating needs, and the calling thread to its place among the team's.
    func decodeLoop(
        _ options: RunnerOptions, draft: DraftModel? = nil, threads: Int?, placement: ThreadPlacement? = nil
    ) throws -> DecodeLoop {
        if let problem = RunnerOptions.contextProblem(options.contextLength, for: model.configuration) {
            StandardError.writeLine("note: \(problem)")
        }
        placement?.apply(thread: 0)
        let runner = try ModelRunner(model, team: ThreadTeam(threads: threads, placement: placement), options: options)
        return try DecodeLoop(runner: runner, tokenizer: tokenizer, draft: draft)
    }
}

extension Packing {
    /// What commands do: packed weights are kept with the program's other files, within `TERSE_PACKED_MAX`.
    static var standard: Packing {
        get throws {
            let directory = HomeOption.standardDirectory.appending(path: "packed", directoryHint: .isDirectory)
            guard let text = ProcessInfo.processInfo.environment["TERSE_PACKED_MAX"], !text.isEmpty else {
                return .kept(in: directory)
            }
            guard text != "0" else { return .inMemory }
            guard let size = MemorySize(argument: text) else {
                throw CommandError(
                    "TERSE_PACKED_MAX: expected bytes, or a number with KiB, MiB or GiB, found \(text.printable)")
            }
            return .kept(in: directory, bytesMax: size.bytes)
        }
    }
}
