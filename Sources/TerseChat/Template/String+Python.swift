/// Python's string operations, over code points.
extension String {
    var pythonUppercased: String { unicodeScalars.reduce(into: "") { $0 += $1.properties.uppercaseMapping } }

    var pythonLowercased: String {
        if utf8.allSatisfy({ $0 < 0x80 }) { return lowercased() }
        let scalars = Array(unicodeScalars)
        return scalars.indices.reduce(into: "") { $0 += scalars.lowercaseMapping(at: $1) }
    }

    /// Full case folding, but for a few letters that have no capital.
    var pythonCaseFolded: String {
        unicodeScalars.reduce(into: "") {
            for scalar in $1.properties.uppercaseMapping.unicodeScalars { $0 += scalar.properties.lowercaseMapping }
        }
    }

    var pythonCapitalized: String {
        let scalars = Array(unicodeScalars)
        return scalars.indices.reduce(into: "") {
            $0 += $1 == 0 ? scalars[0].properties.titlecaseMapping : scalars.lowercaseMapping(at: $1)
        }
    }

    var pythonTitled: String {
        var wasCased = false
        let scalars = Array(unicodeScalars)
        return scalars.indices.reduce(into: "") {
            $0 += wasCased ? scalars.lowercaseMapping(at: $1) : scalars[$1].properties.titlecaseMapping
            wasCased = scalars[$1].properties.isCased
        }
    }

    var pythonSwapped: String {
        let scalars = Array(unicodeScalars)
        return scalars.indices.reduce(into: "") {
            let properties = scalars[$1].properties
            $0 += properties.isUppercase ? scalars.lowercaseMapping(at: $1) : properties.uppercaseMapping
        }
    }

    var isPythonLower: Bool {
        unicodeScalars.contains { $0.properties.isLowercase }
            && !unicodeScalars.contains {
                $0.properties.isUppercase || $0.properties.generalCategory == .titlecaseLetter
            }
    }

    var isPythonUpper: Bool {
        unicodeScalars.contains { $0.properties.isUppercase }
            && !unicodeScalars.contains {
                $0.properties.isLowercase || $0.properties.generalCategory == .titlecaseLetter
            }
    }

    var isPythonTitle: Bool {
        var wasCased = false
        var hasCased = false
        for scalar in unicodeScalars {
            let isUpper = scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter
            if isUpper, wasCased { return false }
            if scalar.properties.isLowercase, !wasCased { return false }
            wasCased = isUpper || scalar.properties.isLowercase
            hasCased = hasCased || wasCased
        }
        return hasCased
    }

    /// Without `characters` (nil: white space) at the ends.
    func stripped(
        _ characters: Set<Unicode.Scalar>?, left: Bool = true, right: Bool = true
    ) -> String {
        func isStripped(_ scalar: Unicode.Scalar) -> Bool { characters?.contains(scalar) ?? scalar.isPythonSpace }
        var view = unicodeScalars[...]
        if left { while let first = view.first, isStripped(first) { view.removeFirst() } }
        if right { while let last = view.last, isStripped(last) { view.removeLast() } }
        return String(view)
    }

    /// Python's `splitlines`.
    func pythonLines(keepsEnds: Bool) -> [String] {
        var lines: [String] = []
        var current = String.UnicodeScalarView()
        var afterReturn = false
        for scalar in unicodeScalars {
            if afterReturn {
                afterReturn = false
                if scalar == "\n" {
                    if keepsEnds { lines[lines.count - 1].unicodeScalars.append(scalar) }
                    continue
                }
            }
            guard scalar.isLineBoundary else {
                current.append(scalar)
                continue
            }
            if keepsEnds { current.append(scalar) }
            lines.append(String(current))
            current = String.UnicodeScalarView()
            afterReturn = scalar == "\r"
        }
        if !current.isEmpty { lines.append(String(current)) }
        return lines
    }

    /// Python's `split()` and `rsplit()` at runs of white space.
    func splitAtSpace(limit: Int, fromRight: Bool) -> [String] {
        let scalars = Array(unicodeScalars)
        var parts: [String] = []
        var left = limit < 0 ? Int.max : limit
        if fromRight {
            var end = scalars.count
            while true {
                while end > 0, scalars[end - 1].isPythonSpace { end -= 1 }
                guard end > 0 else { break }
                var start = left == 0 ? 0 : end
                while left > 0, start > 0, !scalars[start - 1].isPythonSpace { start -= 1 }
                parts.append(String(scalars: scalars[start..<end]))
                left -= 1
                end = start
            }
            return parts.reversed()
        }
        var start = 0
        while true {
            while start < scalars.count, scalars[start].isPythonSpace { start += 1 }
            guard start < scalars.count else { break }
            var end = left == 0 ? scalars.count : start
            while left > 0, end < scalars.count, !scalars[end].isPythonSpace { end += 1 }
            parts.append(String(scalars: scalars[start..<end]))
            left -= 1
            start = end
        }
        return parts
    }

    /// Python's `split(separator)` and `rsplit(separator)`; the separator is not empty.
    func split(at separator: String, limit: Int, fromRight: Bool) -> [String] {
        let bytes = Array(utf8)
        let wanted = Array(separator.utf8)
        let most = limit < 0 ? Int.max : limit
        let places =
            fromRight
            ? bytes.reversed().places(of: wanted.reversed(), limit: most).reversed().map {
                bytes.count - $0 - wanted.count
            }
            : bytes.places(of: wanted, limit: most)
        var parts: [String] = []
        var start = 0
        for place in places {
            parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
            start = place + wanted.count
        }
        parts.append(String(decoding: bytes[start...], as: UTF8.self))
        return parts
    }
}

extension [Unicode.Scalar] {
    /// A capital sigma at the end of a word becomes a final sigma.
    func lowercaseMapping(at index: Int) -> String {
        guard self[index] == "Σ" else { return self[index].properties.lowercaseMapping }
        let before = self[..<index].last { !$0.properties.isCaseIgnorable }
        let after = self[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && after?.properties.isCased != true ? "ς" : "σ"
    }
}

extension Unicode.Scalar {
    var isPythonAlphabetic: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    var isPythonAlphanumeric: Bool { isPythonAlphabetic || properties.numericType != nil }
}
