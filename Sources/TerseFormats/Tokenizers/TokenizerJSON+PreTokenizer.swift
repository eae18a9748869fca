import TerseJSON
import TerseTokenizer

extension TokenizerJSON {
    /// The `pre_tokenizer` entry as steps, and whether it goes over to bytes.
    struct PreTokenization {
        var steps: [PreTokenizationStep] = []
        var isByteLevel = false
    }

    func preTokenization() throws(FormatError) -> PreTokenization {
        var result = PreTokenization()
        if let entry = try file.object("pre_tokenizer") { try read(entry, depth: 0, into: &result) }
        return result
    }

    private func read(_ entry: JSONFile, depth: Int, into result: inout PreTokenization) throws(FormatError) {
        let type = try entry.required("type", entry.string("type"))
        if type == "Sequence" {
            for inner in try sequence(entry, "pretokenizers", depth: depth) {
                try read(inner, depth: depth + 1, into: &result)
            }
            return
        }
        let steps = try steps(entry, type).map(\.simplified)
        // Behind ByteLevel text is spelled in the byte alphabet, in which only ASCII is what it was.
        if result.isByteLevel {
            guard type != "ByteLevel", steps.allSatisfy(\.readsASCIIDigitsOnly) else {
                throw unsupported("pre_tokenizer \(type) behind ByteLevel is not supported")
            }
        }
        if type == "ByteLevel" { result.isByteLevel = true }
        result.steps += steps
    }

    private func steps(_ entry: JSONFile, _ type: String) throws(FormatError) -> [PreTokenizationStep] {
        switch type {
        case "ByteLevel":
            let addsSpace = try entry.bool("add_prefix_space") ?? true
            let splits = try entry.bool("use_regex") ?? true
            return (addsSpace ? [.addPrefixSpace] : []) + (splits ? [.isolate(.gpt2)] : [])
        case "Metaspace": return [try metaspace(entry)]
        case "Whitespace": return [.split(.wordsOrPunctuation, .removed, inverted: true)]
        case "WhitespaceSplit": return [.split(.all(.whitespace), .removed, inverted: false)]
        case "BertPreTokenizer": return PreTokenizationStep.bertWords
        case "Digits":
            let individual = try entry.bool("individual_digits") ?? false
            return [.split(.each(.number), individual ? .isolated : .contiguous, inverted: false)]
        case "Punctuation":
            return [.split(.each(.punctuationOrASCIISymbol), try behavior(entry) ?? .isolated, inverted: false)]
        case "CharDelimiterSplit":
            let delimiter = try entry.required("delimiter", entry.string("delimiter"))
            guard !delimiter.isEmpty else { throw FormatError(.invalid, "\(entry.path): delimiter is empty") }
            return [.split(.literal(delimiter), .removed, inverted: false)]
        case "Split":
            return [
                .split(
                    try pattern(entry), try behavior(entry) ?? .isolated, inverted: try entry.bool("invert") ?? false)
            ]
        default: throw unsupported("pre_tokenizer \"\(type)\" is not supported")
        }
    }

    private func metaspace(_ entry: JSONFile) throws(FormatError) -> PreTokenizationStep {
        let prepend: MetaspacePrepend
        if let scheme = try entry.string("prepend_scheme") {
            switch scheme {
            case "always": prepend = .always
            case "first": prepend = .first
            case "never": prepend = .never
            default: throw unsupported("pre_tokenizer Metaspace: prepend_scheme \"\(scheme)\" is not supported")
            }
        } else {
            prepend = try entry.bool("add_prefix_space") ?? true ? .always : .never
        }
        return .metaspace(
            replacement: try entry.string("replacement") ?? "▁", prepend: prepend,
            splits: try entry.bool("split") ?? true)
    }

    private func pattern(_ entry: JSONFile) throws(FormatError) -> SplitPattern {
        guard let pattern = entry["pattern"] else { throw FormatError(.missing, "\(entry.path): pattern is missing") }
        if let string = pattern["String"]?.stringValue {
            guard !string.isEmpty else { throw FormatError(.invalid, "\(entry.path): pattern is empty") }
            return .literal(string)
        }
        guard let expression = pattern["Regex"]?.stringValue else {
            throw FormatError(.mismatch, "\(entry.path): pattern: expected String or Regex")
        }
        guard let known = KnownExpressions.pattern(expression) else {
            throw unsupported("pre_tokenizer Split: the expression \(expression) is none of those that are supported")
        }
        return known
    }

    private func behavior(_ entry: JSONFile) throws(FormatError) -> SplitBehavior? {
        guard let name = try entry.string("behavior") else { return nil }
        switch name {
        case "Isolated": return .isolated
        case "Removed": return .removed
        case "MergedWithPrevious": return .mergedWithPrevious
        case "MergedWithNext": return .mergedWithNext
        case "Contiguous": return .contiguous
        default: throw unsupported("pre_tokenizer: behavior \"\(name)\" is not supported")
        }
    }
}

extension PreTokenizationStep {
    /// The same cuts in the form that the named pre-tokenisations have.
    fileprivate var simplified: PreTokenizationStep {
        switch self {
        case .split(.run(let set, 1, 1, .nothing), .contiguous, false): .isolate(.all(set))
        // These match every character, so that nothing lies between their matches.
        case .split(.words(let rules), .removed, true): .isolate(.words(rules))
        case .split(.casedWords(let rules), .removed, true): .isolate(.casedWords(rules))
        case .split(.gpt2, .removed, true): .isolate(.gpt2)
        default: self
        }
    }

    /// Whether the step does the same to text in the byte alphabet as to the text it stands for.
    fileprivate var readsASCIIDigitsOnly: Bool {
        if case .split(.run(.asciiDigit, _, _, .nothing), _, _) = self { true } else { false }
    }
}
