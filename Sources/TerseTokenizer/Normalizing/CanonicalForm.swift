import Foundation

/// Unicode's normalisation forms over text of any length.
enum CanonicalForm {
    case nfc
    case nfd
    case nfkc
    case nfkd

    /// Text goes to Foundation in stretches of about this many bytes: its time grows with the square of the length of
    /// a text without ASCII.
    private static let stretchBytes = 256

    /// `bytes` in this form; ASCII is in all of them.
    func normalize(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.allSatisfy({ $0 < 0x80 }) { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 2)
        bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            let text = UTF8Text(base)
            var start = 0
            var index = 0
            while index < bytes.count {
                let (value, length) = text.scalar(at: index)
                if index - start >= Self.stretchBytes, Self.neverJoinsBackward(value) {
                    append(UnsafeBufferPointer(rebasing: bytes[start..<index]), to: &result)
                    start = index
                }
                index += length
            }
            append(UnsafeBufferPointer(rebasing: bytes[start...]), to: &result)
        }
        return result
    }

    /// Foundation composes and orders only what was decomposed canonically before: alone, its composed forms leave
    /// Hangul finals and half-width marks as they are.
    private func append(_ stretch: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) {
        let string = String(decoding: stretch, as: UTF8.self)
        let compatible = self == .nfkc || self == .nfkd ? string.decomposedStringWithCompatibilityMapping : string
        let decomposed = compatible.decomposedStringWithCanonicalMapping
        let isComposed = self == .nfc || self == .nfkc
        result.append(contentsOf: (isComposed ? decomposed.precomposedStringWithCanonicalMapping : decomposed).utf8)
    }

    /// Whether a text may be cut before the scalar: what stands before it neither composes nor changes places with it.
    private static func neverJoinsBackward(_ value: UInt32) -> Bool {
        switch value {
        case ..<0x300: return true
        case 0x1160...0x11FF, 0xD7B0...0xD7FF,  // Hangul vowels and finals,
            0x3131...0x318E, 0xFF9E...0xFFDC,  // their compatible forms and those of the kana sound marks,
            0x16D40...0x16D7F:  // and the vowels of Kirat Rai: letters that compose with the one before.
            return false
        default:
            guard let properties = Unicode.Scalar(value)?.properties else { return false }
            guard properties.canonicalCombiningClass == .notReordered else { return false }
            switch properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark: return false
            default: return true
            }
        }
    }
}
