/// Rewrites text as the steps of a definition say.
struct Normalizer: Sendable {
    private enum Step: Sendable {
        case plain(NormalizationStep)
        case charsmap(PrecompiledCharsmap)
    }

    private let steps: [Step]

    init(_ steps: [NormalizationStep]) throws(TokenizerError) {
        var compiled: [Step] = []
        for step in steps {
            if case .charsmap(let bytes) = step {
                compiled.append(.charsmap(try PrecompiledCharsmap(bytes)))
            } else {
                compiled.append(.plain(step))
            }
        }
        self.steps = compiled
    }

    var isEmpty: Bool { steps.isEmpty }

    /// Whether user-defined tokens count as text, so that a space is added before one that begins the text.
    var spansUserDefined: Bool {
        steps.contains {
            if case .plain(.sentencePieceSpaces(let rules)) = $0 { rules.spansUserDefined } else { false }
        }
    }

    /// `text` rewritten; well-formed UTF-8 like it.
    func normalize(_ text: UnsafeBufferPointer<UInt8>, _ place: StretchPlace) -> [UInt8] {
        var bytes = Array(text)
        for step in steps {
            switch step {
            case .plain(let step): bytes = Self.apply(step, bytes, place)
            case .charsmap(let map): bytes = map.normalize(bytes)
            }
        }
        return bytes
    }

    private static func apply(_ step: NormalizationStep, _ bytes: [UInt8], _ place: StretchPlace) -> [UInt8] {
        switch step {
        case .nfc: return CanonicalForm.nfc.normalize(bytes)
        case .nfd: return CanonicalForm.nfd.normalize(bytes)
        case .nfkc: return CanonicalForm.nfkc.normalize(bytes)
        case .nfkd: return CanonicalForm.nfkd.normalize(bytes)
        case .lowercase: return mapScalars(bytes) { $0.properties.lowercaseMapping }
        case .replace(let pattern, let replacement):
            return replace(Array(pattern.utf8), with: Array(replacement.utf8), in: bytes)
        case .collapseSpaces(let replacement): return collapseSpaces(bytes, with: Array(replacement.utf8))
        case .prepend(let string): return bytes.isEmpty ? bytes : Array(string.utf8) + bytes
        case .strip(let left, let right): return strip(bytes, left: left, right: right)
        case .stripAccents: return removeScalars(bytes) { ScalarClass($0).any(.mark) }
        case .bert(let rules): return bert(bytes, rules)
        case .sentencePieceSpaces(let rules): return sentencePieceSpaces(bytes, rules, place)
        case .charsmap: return bytes  // Compiled in init.
        }
    }

    static func mapScalars(_ bytes: [UInt8], _ map: (Unicode.Scalar) -> String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar.isASCII {
                let byte = UInt8(scalar.value)
                result.append(byte &- 0x41 < 26 ? byte | 0x20 : byte)
            } else {
                result.append(contentsOf: map(scalar).utf8)
            }
        }
        return result
    }

    static func removeScalars(_ bytes: [UInt8], _ isRemoved: (Unicode.Scalar) -> Bool) -> [UInt8] {
        if bytes.allSatisfy({ $0 < 0x80 }) { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars where !isRemoved(scalar) {
            result.append(scalar: scalar)
        }
        return result
    }

    private static func replace(_ pattern: [UInt8], with replacement: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard let first = pattern.first else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 4)
        var index = 0
        while index < bytes.count {
            if bytes[index] == first, bytes[index...].starts(with: pattern) {
                result.append(contentsOf: replacement)
                index += pattern.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func collapseSpaces(_ bytes: [UInt8], with replacement: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            var end = index
            while end < bytes.count, bytes[end] == 0x20 { end += 1 }
            if end - index >= 2 {
                result.append(contentsOf: replacement)
                index = end
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func strip(_ bytes: [UInt8], left: Bool, right: Bool) -> [UInt8] {
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        var slice = scalars[...]
        if left { slice = slice.drop(while: { $0.properties.isWhitespace }) }
        if right { while let last = slice.last, last.properties.isWhitespace { slice.removeLast() } }
        return Array(String(slice).utf8)
    }
}
