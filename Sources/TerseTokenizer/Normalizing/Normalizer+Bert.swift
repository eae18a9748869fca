extension Normalizer {
    /// BERT's normalisation in the order of its authors: cleaning, Chinese characters, accents, case.
    static func bert(_ bytes: [UInt8], _ rules: BertNormalization) -> [UInt8] {
        if bytes.allSatisfy({ $0 < 0x80 }) { return bertASCII(bytes, rules) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 2)
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            var scalar = scalar
            if rules.cleansText {
                if isRemoved(scalar) { continue }
                if scalar.properties.isWhitespace { scalar = " " }
            }
            let isSpaced = rules.spacesChinese && isChinese(scalar.value)
            if isSpaced { result.append(0x20) }
            result.append(scalar: scalar)
            if isSpaced { result.append(0x20) }
        }
        if rules.stripsAccents {
            result = CanonicalForm.nfd.normalize(result)
            result = removeScalars(result) { $0.properties.generalCategory == .nonspacingMark }
        }
        return rules.lowercases ? mapScalars(result) { $0.properties.lowercaseMapping } : result
    }

    private static func bertASCII(_ bytes: [UInt8], _ rules: BertNormalization) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            if rules.cleansText, byte < 0x20 || byte == 0x7F {
                if byte == 0x09 || byte == 0x0A || byte == 0x0D { result.append(0x20) }
            } else {
                result.append(rules.lowercases && byte &- 0x41 < 26 ? byte | 0x20 : byte)
            }
        }
        return result
    }

    /// Controls and formats; what Unicode has not assigned stays, as in Hugging Face's code and llama.cpp's.
    private static func isRemoved(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: return false
        case 0, 0xFFFD: return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .surrogate: return true
        default: return false
        }
    }

    /// The blocks that BERT's authors call Chinese; extension E begins at U+2B920 as in their code.
    private static func isChinese(_ value: UInt32) -> Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
