import ArgumentParser
import TerseConfiguration

/// An amount of memory: a number of bytes, or a number with a unit: `800MB`, `1.5GiB`, `2 GiB`.
struct MemorySize: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        guard let bytes = ByteCount.parse(argument) else { return nil }
        self.bytes = bytes
    }
}

/// `--memory`, for every command that runs a model.
struct MemoryOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Refuse to start when weights, KV cache and scratch need more: bytes, or a number with KiB, MiB, GiB, KB, MB, GB.",
            valueName: "SIZE"))
    var memory: MemorySize?
}
