import Foundation
import Synchronization
import TerseEngine
import TerseFormats
import TerseJSON
import TerseModel
import TerseOperations
import TerseProfiling
import TerseTokenizer

/// The load of a spec, on an engine of this process.
struct DeploymentLoad {
    /// What it came to.
    struct Measurement {
        let result: LoadResult
        /// Of this process at the end.
        let residentBytes: Int
    }

    let spec: DeploymentSpec
    /// The folder that names of files in the spec are relative to.
    let folder: URL

    /// - Throws: `EngineError`, `CommandError`, `Interruption`, or the error of the room that found something wrong with the file.
    func measure(_ file: ModelFile, _ options: EngineOptions) async throws -> Measurement {
        let model = try LoadedModel.model(file)
        guard let definition = try file.tokenizerDefinition() else {
            throw CommandError("\(file.path): holds no tokenizer, which serving needs")
        }
        let tokenizer = try Tokenizer(definition)
        let engine = try Engine(model: model, tokenizer: tokenizer, options: options)
        let pattern = spec.load
        guard pattern.promptTokens + pattern.outputTokens <= engine.positionsMax else {
            throw CommandError(
                "load: expected prompts and answers of at most \(engine.positionsMax) tokens together, which the model takes, "
                    + "found \(pattern.promptTokens) and \(pattern.outputTokens)")
        }
        let text = try spec.quality.text.map { name in
            tokenizer.encode(try TextInput.read(URL(fileURLWithPath: name, relativeTo: folder).path))
        }
        let test = LoadTest(
            streams: pattern.streams, requests: pattern.requests, promptTokens: pattern.promptTokens,
            outputTokens: pattern.outputTokens, text: text ?? [])
        let bar = ProgressBar("load", total: pattern.requests, unit: .items("requests"))
        let count = Count()
        do {
            let result = try await test.run(on: engine) {
                bar.report(count.next())
                return !Interrupts.requested
            }
            bar.finish()
            return Measurement(result: result, residentBytes: ProcessMemory.residentBytes)
        } catch {
            bar.abandon()
            try Interrupts.check()
            throw error
        }
    }
}

/// Counts from 1, in any number of tasks.
private final class Count: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}

extension DeploymentLoad.Measurement {
    /// The pattern and what clients waited for: percentiles in milliseconds.
    func json(_ pattern: LoadPattern) -> JSONValue {
        func percentiles(_ path: KeyPath<LoadResult.Answer, Double>) -> JSONValue {
            .object(
                JSONObject(
                    DeploymentSpec.percentiles.map { percentile in
                        ("p\(percentile)", .number(1000 * result.percentile(percentile, of: path).value))
                    }))
        }
        return [
            "streams": JSONValue(pattern.streams), "requests": JSONValue(pattern.requests),
            "prompt_tokens": JSONValue(pattern.promptTokens), "output_tokens": JSONValue(pattern.outputTokens),
            "tokens_per_second": .number(result.tokensPerSecond), "seconds": .number(result.seconds),
            "time_to_first_token_ms": percentiles(\.timeToFirstToken),
            "time_per_output_token_ms": percentiles(\.timePerOutputToken), "resident_bytes": JSONValue(residentBytes),
        ]
    }
}
