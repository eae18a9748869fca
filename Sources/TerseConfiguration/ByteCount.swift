/// Amounts of memory as people write them: a number of bytes, or a number with a unit, such as `800MB` or `1.5 GiB`.
public enum ByteCount {
    private static let units: [String: Double] = [
        "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30,
        "tib": 0x1p40,
    ]

    /// Above any machine's memory.
    private static let bytesMax = 0x1p60

    /// - Returns: nil for what is no amount, or is below one byte.
    public static func parse(_ text: String) -> Int? {
        let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count).drop { $0 == " " }.lowercased()
        guard let value = Double(number), let factor = units[unit] else { return nil }
        let bytes = (value * factor).rounded()
        guard bytes >= 1, bytes <= bytesMax else { return nil }
        return Int(bytes)
    }
}
