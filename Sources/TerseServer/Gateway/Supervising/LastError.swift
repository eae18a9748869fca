/// The last error of a process of this program, found in what it writes to standard error, as that comes: `error: `
/// and the rest of the line.
public struct LastError: Sendable, Equatable {
    /// Of the lines that have ended.
    private var ended: String?
    /// The line that has begun, as far as it is kept.
    private var line: [UInt8] = []

    /// Of a longer line the beginning is kept.
    static let lineBytesMax = 4096

    private static let label = Array("error: ".utf8)
    /// Stands before a line that takes the place of a progress bar.
    private static let erasure = Array("\u{1B}[K".utf8)

    /// Before anything was written.
    public init() {}

    /// Without `error: `; nil while there was none.
    public var last: String? { Self.error(line) ?? ended }

    /// Takes in what was written next.
    public mutating func take(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                (ended, line) = (last, [])
            } else if line.count < Self.lineBytesMax {
                line.append(byte)
            }
        }
    }

    private static func error(_ line: [UInt8]) -> String? {
        let text = line.starts(with: erasure) ? line[erasure.count...] : line[...]
        guard text.starts(with: label) else { return nil }
        return String(decoding: text.dropFirst(label.count), as: UTF8.self)
    }
}
