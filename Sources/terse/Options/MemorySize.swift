import ArgumentParser

/// An amount of memory: a number of bytes, or a number with a unit: `800MB`, `1.5GiB`, `2 GiB`.
struct MemorySize: ExpressibleByArgument {
    let bytes: Int

    private static let units: [String: Double] = [
        "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30,
        "tib": 0x1p40,
    ]

    /// Above any machine's memory.
    private static let bytesMax = 0x1p60

    init?(argument: String) {
        let number = argument.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let unit = argument.dropFirst(number.count).drop { $0 == " " }.lowercased()
        guard let value = Double(number), let factor = Self.units[unit] else { return nil }
        let bytes = (value * factor).rounded()
        guard bytes >= 1, bytes <= Self.bytesMax else { return nil }
        self.bytes = Int(bytes)
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
