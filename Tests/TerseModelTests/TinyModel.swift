import TerseFormats
import TerseTensor

@testable import TerseModel

/// Random models small enough for debug builds.
enum TinyModel {
    /// Two layers, 256 wide, 4 heads of 64 over 2 key and value heads.
    static func dimensions(_ architecture: Architecture) -> SyntheticDimensions {
        SyntheticDimensions(
            architecture: architecture, layers: 2, hidden: 256, feedForward: 512, heads: 4, kvHeads: 2, vocabulary: 300,
            context: 256, rotaryBase: 10_000)
    }

    static func file(
        _ architecture: Architecture, _ type: ElementType, seed: UInt64 = 3
    ) throws -> ModelFile {
        try SyntheticModel.make(
            dimensions(architecture), name: "tiny", type: type, seed: seed, team: ThreadTeam(threads: 2))
    }

    static func runner(
        _ architecture: Architecture, _ type: ElementType, threads: Int = 2, options: RunnerOptions = RunnerOptions()
    ) throws -> ModelRunner {
        try ModelRunner(Model(file(architecture, type)), threads: threads, options: options)
    }

    /// The file with its metadata and tensors changed.
    static func altered(
        _ file: ModelFile, metadata change: (inout Metadata) -> Void = { _ in },
        tensors map: (ModelTensor) throws -> ModelTensor? = { $0 }
    ) throws -> ModelFile {
        var metadata = file.metadata
        metadata.source = "tiny.gguf"
        change(&metadata)
        return try ModelFile(
            path: "tiny.gguf", format: .gguf, metadata: metadata, tensors: try file.tensors.compactMap(map))
    }

    static func tokens(_ count: Int, seed: UInt64 = 5) -> [Int32] {
        var random = RandomSource(seed: seed)
        return (0..<count).map { _ in Int32(random.next() % 300) }
    }
}
