/// What most letters of a text belong to.
public enum Script: String, Sendable, CaseIterable, Codable {
    case latin, greek, cyrillic, hebrew, arabic, devanagari, thai, hangul, kana, han

    /// The script of a letter beyond ASCII; nil for what is no letter, or of a script that is not listed. (Unicode 16,
    /// Blocks.txt.)
    init?(of scalar: UInt32) {
        switch scalar {
        case 0xD7, 0xF7: return nil
        case 0xC0...0x24F, 0x1E00...0x1EFF: self = .latin
        case 0x370...0x3FF, 0x1F00...0x1FFF: self = .greek
        case 0x400...0x52F: self = .cyrillic
        case 0x590...0x5FF: self = .hebrew
        case 0x600...0x6FF, 0x750...0x77F: self = .arabic
        case 0x900...0x97F: self = .devanagari
        case 0xE00...0xE7F: self = .thai
        case 0x1100...0x11FF, 0xAC00...0xD7AF: self = .hangul
        case 0x3040...0x30FF: self = .kana
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0x20000...0x2FA1F: self = .han
        default: return nil
        }
    }
}
