import Foundation
import TerseFormats
import TerseTensor
import TestSupport
import Testing

@testable import TerseModel

/// Damaged models: hostile numbers in metadata, damaged files. Each gives tokens or an error, never a trap.
@Suite struct ModelFuzzTests {
    /// Loads, runs a few tokens and chooses one.
    private func run(_ file: ModelFile) throws {
        let model = try Model(file)
        var options = RunnerOptions()
        options.maxRows = 8
        options.contextLength = 64
        options.kvType = model.weightBytes % 2 == 0 ? .f16 : .int8
        let runner = try ModelRunner(model, threads: 1, options: options)
        let batch = try runner.makeBatch()
        try batch.append([1, 2, 3], to: try runner.makeSequence(), outputs: .last)
        runner.forward(batch)
        var policy = SamplingPolicy()
        (policy.topK, policy.typicalP, policy.seed) = (0, 0.9, 1)
        var sampler = try Sampler(policy, vocabularySize: model.configuration.vocabularySize)
        let token = try runner.sample(with: &sampler)
        #expect(token >= 0 && token < model.configuration.vocabularySize)
    }

    /// Runs variants; some must be refused and some accepted, or nothing was tested.
    private func fuzz(_ what: String, _ variant: (inout RandomSource) throws -> Void) {
        var random = RandomSource(seed: FuzzBudget.seed)
        var outcome = FuzzOutcome()
        var budget = FuzzBudget(variants: 60)
        while budget.spend() { outcome.count { try variant(&random) } }
        #expect(outcome.isMixed, "\(what): \(outcome)")
    }

    private static let families: [(Architecture, ElementType)] = [
        (.llama, .q4K), (.qwen2, .q8_0), (.qwen3, .f16), (.bitnet, .tq2_0), (.bitnetB158, .i2S), (.llama, .q5_1),
    ]

    @Test func hostileMetadata() throws {
        let files = try Self.families.map { try TinyModel.file($0.0, $0.1) }
        fuzz("metadata") { random in
            let file = files[Int(random.next() % UInt64(files.count))]
            try run(
                TinyModel.altered(
                    file,
                    metadata: { metadata in
                        for _ in 0...random.next() % 2 { damage(&metadata, &random) }
                    }))
        }
    }

    private func damage(_ metadata: inout Metadata, _ random: inout RandomSource) {
        let architecture = metadata["general.architecture"]?.stringValue ?? "llama"
        let keys = [
            "block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count",
            "attention.head_count_kv", "attention.key_length", "attention.value_length", "rope.dimension_count",
            "rope.freq_base", "rope.scaling.factor", "rope.scaling.original_context_length", "rope.scaling.attn_factor",
            "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow", "attention.layer_norm_rms_epsilon",
            "hidden_activation", "activation_quantization",
        ]
        let values: [MetadataValue] = [
            .uint32(0), .uint32(1), .uint32(2), .uint32(.max), .int32(-1), .int64(.min), .uint64(.max), .uint32(64),
            .float32(0), .float32(1), .float32(.nan), .float32(.infinity), .float32(-1), .float32(1e30),
            .float32(1e-30),
            .float64(.greatestFiniteMagnitude), .float32(1.001), .float32(1000), .string("yarn"), .string(""),
            .bool(true), .array(MetadataArray([Int32(2), 2])),
        ]
        if random.next() % 3 == 0 { metadata["\(architecture).rope.scaling.type"] = .string("yarn") }
        let key = "\(architecture).\(keys[Int(random.next() % UInt64(keys.count))])"
        metadata[key] = random.next() % 16 == 0 ? nil : values[Int(random.next() % UInt64(values.count))]
    }

    @Test func damagedFiles() throws {
        let folder = try TemporaryFolder()
        let team = ThreadTeam(threads: 1)
        // I2_S is written by no converter; its reader is fuzzed with the formats.
        let originals = try Self.families.filter { $0.1 != .i2S }.map { architecture, type in
            let path = folder.path("\(architecture.rawValue).gguf")
            let converter = try Converter(TinyModel.file(architecture, type), options: ConversionOptions(type: nil))
            _ = try converter.write(to: path, team: team)
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        }
        fuzz("files") { random in
            var bytes = originals[Int(random.next() % UInt64(originals.count))]
            for _ in 0...random.next() % 8 {
                // One time in four among the header's keys and tensors, else in the weights.
                let within = random.next() % 4 == 0 ? 16_384 : bytes.count
                let place = Int(random.next() % UInt64(within - 8))
                for offset in 0..<Int(random.next() % 8) {
                    bytes[place + offset] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            let path = try folder.write(bytes, "variant.gguf")
            try run(ModelFile.open(path))
        }
    }
}
