import TerseFormats
import TerseTensor
import Testing

@testable import TerseModel

/// What metadata say, and what is refused of it.
@Suite struct ConfigurationTests {
    private func configuration(
        _ architecture: Architecture = .llama, _ change: (inout Metadata) -> Void = { _ in }
    ) throws -> ModelConfiguration {
        var metadata = SyntheticMetadata.metadata(TinyModel.dimensions(architecture), name: "tiny")
        metadata.source = "tiny.gguf"
        change(&metadata)
        return try ModelConfiguration(metadata, vocabularySize: 300)
    }

    @Test func numbersAreRead() throws {
        let found = try configuration(.qwen2)
        #expect(found.layerCount == 2 && found.hiddenSize == 256 && found.feedForwardSize == 512)
        #expect(found.headCount == 4 && found.kvHeadCount == 2 && found.headDimension == 64)
        #expect(found.vocabularySize == 300 && found.contextLength == 256)
        #expect(found.normEpsilon == 1e-5)
        #expect(found.requiresInputBiases && !found.hasHeadNorms && !found.hasSubNorms)
        #expect(found.rotary.layout == .halves && found.rotary.scaling == .none)
        #expect(try configuration(.llama).rotary.layout == .adjacent)
        #expect(try configuration(.qwen3).hasHeadNorms)
    }

    /// What a file may claim, the rooms below can hold.
    @Test func limitsFitTogether() throws {
        #expect(ModelConfiguration.contextLengthMax <= KVBatch.positionsMax)
        _ = try KVLayout(
            type: .f16, layers: ModelConfiguration.layerCountMax, kvHeads: ModelConfiguration.headCountMax,
            headDimension: ModelConfiguration.headDimensionMax)
    }

    @Test func headsMayBeWiderThanTheirShare() throws {
        let found = try configuration(.qwen3) { metadata in
            for key in ["attention.key_length", "attention.value_length", "rope.dimension_count"] {
                metadata["qwen3." + key] = .uint32(128)
            }
        }
        #expect(found.headDimension == 128 && found.querySize == 512 && found.kvSize == 256)
    }

    @Test func activationsByFamilyAndByName() throws {
        let key = "bitnet.hidden_activation"
        #expect(try configuration(.bitnet) { $0[key] = nil }.activation == .silu)
        #expect(try configuration(.bitnet) { $0[key] = .string("relu2") }.activation == .squaredReLU)
        #expect(
            try configuration(.bitnetB158) { $0["bitnet-b1.58.hidden_activation"] = nil }.activation == .squaredReLU)
        #expect(try configuration(.bitnet25) { $0["bitnet-25.hidden_activation"] = nil }.activation == .squaredReLU)
        let error = #expect(throws: ModelError.self) { try configuration(.bitnet) { $0[key] = .string("gelu") } }
        #expect(
            error?.message == "tiny.gguf: bitnet.hidden_activation \"gelu\" is not supported; known: silu, relu2")
    }

    @Test func scalings() throws {
        func scaling(_ values: [String: MetadataValue]) throws -> RotaryConfiguration.Scaling {
            try configuration { metadata in
                for (key, value) in values { metadata["llama.rope." + key] = value }
            }.rotary.scaling
        }
        #expect(try scaling(["scaling.type": .string("none"), "scaling.factor": .float32(4)]) == .none)
        #expect(try scaling(["scaling.factor": .float32(4)]) == .linear(factor: 4))
        #expect(try scaling(["scale_linear": .float32(2)]) == .linear(factor: 2))
        #expect(try scaling(["scaling.type": .string("linear"), "scaling.factor": .float32(1)]) == .none)
        #expect(
            try scaling(["scaling.type": .string("yarn"), "scaling.factor": .float32(8)])
                == .yarn(.init(factor: 8, originalContext: 256)))
        #expect(
            try scaling([
                "scaling.type": .string("yarn"), "scaling.factor": .float32(8),
                "scaling.original_context_length": .uint32(64),
            ]) == .yarn(.init(factor: 8, originalContext: 64)))
        #expect(throws: ModelError.self) { try scaling(["scaling.type": .string("longrope")]) }
    }

    @Test func unknownArchitecturesNameTheKnown() {
        #expect(
            throws: ModelError(
                .unsupported,
                "tiny.gguf: architecture \"mamba\" is not supported; known: llama, qwen2, qwen3, bitnet, bitnet-b1.58, "
                    + "bitnet-25")
        ) { try configuration { $0["general.architecture"] = .string("mamba") } }
    }

    static let bad: [(String, MetadataValue?, String)] = [
        ("block_count", .uint32(0), "expected 1…1024, found 0"),
        ("block_count", .uint32(1025), "expected 1…1024, found 1025"),
        ("block_count", .string("two"), "expected an integer, found string \"two\""),
        ("block_count", nil, "is missing"),
        ("embedding_length", .int32(-256), "expected 1…1048576, found -256"),
        ("attention.head_count", .uint32(3), "expected a divisor of attention.head_count 3, found 2"),
        ("attention.head_count", .uint32(6), "expected a divisor of embedding_length 256, found 6"),
        ("attention.head_count_kv", .uint32(0), "expected 1…4096, found 0"),
        ("attention.key_length", .uint32(63), "expected an even head dimension, found 63"),
        ("attention.value_length", .uint32(32), "value heads of 32 elements beside key heads of 64"),
        ("rope.dimension_count", .uint32(32), "rotary embedding of 32 of a head's 64 elements"),
        ("rope.freq_base", .float32(0), "found 0.0"),
        ("rope.scaling.factor", .float32(-1), "found -1.0"),
        ("rope.freq_base", .float32(.nan), "found nan"),
        ("context_length", .uint32(0), "expected 1…268435456, found 0"),
        ("context_length", .uint64(1 << 40), "found 1099511627776"),
        ("attention.layer_norm_rms_epsilon", .float32(.infinity), "found inf"),
        ("attention.layer_norm_rms_epsilon", .float32(-1), "found -1.0"),
        ("attention.layer_norm_rms_epsilon", nil, "is missing"),
        ("feed_forward_length", .uint32(0), "found 0"),
        ("expert_count", .uint32(8), "a mixture of 8 experts"),
    ]

    @Test(arguments: bad)
    func numbersOutOfRangeAreRefused(key: String, value: MetadataValue?, message: String) {
        let error = #expect(throws: ModelError.self) { try configuration { $0["llama." + key] = value } }
        #expect(error?.message.hasSuffix(message) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("tiny.gguf: ") == true)
    }
}
