/// Which registered things MLflow's clients ask for: comparisons of `name` and of tags, with `AND` between.
///
/// What has no tag differs from every value of it, as MLflow has it. Other attributes and operators are refused rather
/// than passed over.
struct MLflowFilter: Sendable {
    private enum Comparison: String {
        case equal = "="
        case notEqual = "!="
        case like = "LIKE"
        case likeInAnyCase = "ILIKE"
    }

    private struct Condition {
        /// Nil: the name.
        let tag: String?
        let comparison: Comparison
        let operand: String

        /// What is not there differs from every value.
        func isTrue(of value: String?) -> Bool {
            guard let value else { return comparison == .notEqual }
            switch comparison {
            case .equal: return value == operand
            case .notEqual: return value != operand
            case .like: return MLflowFilter.isLike(value, operand)
            case .likeInAnyCase: return MLflowFilter.isLike(value.lowercased(), operand.lowercased())
            }
        }
    }

    private let conditions: [Condition]

    static let lengthMax = 1024
    private static let conditionsMax = 16

    /// - Throws: `MLflowError` (400) saying what is expected.
    init(_ text: String) throws(MLflowError) {
        let unknown = MLflowError.invalid(
            "filter: expected conditions such as name = 'NAME', name LIKE 'PATTERN' or tags.KEY != 'VALUE' with AND "
                + "between, found \(text.prefix(Self.lengthMax))")
        guard text.utf8.count <= Self.lengthMax else { throw unknown }
        var conditions: [Condition] = []
        var rest = text[...]
        while !rest.allSatisfy(\.isWhitespace) {
            guard let (condition, end) = Self.condition(rest), conditions.count < Self.conditionsMax else {
                throw unknown
            }
            conditions.append(condition)
            rest = rest[end...]
        }
        self.conditions = conditions
    }

    private static func condition(_ text: Substring) -> (Condition, Substring.Index)? {
        let pattern =
            /\s*(?:`?name`?|tags?\.(?:`([^`]+)`|"([^"]+)"|([\w.]+)))\s*(!=|=|I?LIKE)\s*(?:'([^']*)'|"([^"]*)")\s*(AND\s+(?=\S)|$)/
        guard let match = text.prefixMatch(of: pattern.ignoresCase()),
            let comparison = Comparison(rawValue: match.4.uppercased())
        else { return nil }
        let condition = Condition(
            tag: (match.1 ?? match.2 ?? match.3).map(String.init), comparison: comparison,
            operand: String(match.5 ?? match.6 ?? ""))
        return (condition, match.range.upperBound)
    }

    /// Whether something of this name may be wanted, whatever its tags.
    func mayMatch(_ name: String) -> Bool {
        conditions.allSatisfy { $0.tag != nil || $0.isTrue(of: name) }
    }

    /// Whether something of this name, with these tags, is wanted.
    func matches(_ name: String, tags: [String: String] = [:]) -> Bool {
        conditions.allSatisfy { condition in
            let found: String? = if let tag = condition.tag { tags[tag] } else { name }
            return condition.isTrue(of: found)
        }
    }

    /// `LIKE` of SQL: `%` is any text, `_` any character. Time grows with the product of the lengths.
    fileprivate static func isLike(_ text: String, _ pattern: String) -> Bool {
        let text = Array(text.unicodeScalars)
        var reachable = [true] + Array(repeating: false, count: text.count)
        for mark in pattern.unicodeScalars {
            var next = Array(repeating: false, count: text.count + 1)
            for end in 0...text.count {
                switch mark {
                case "%": next[end] = reachable[end] || (end > 0 && next[end - 1])
                case "_": next[end] = end > 0 && reachable[end - 1]
                default: next[end] = end > 0 && reachable[end - 1] && text[end - 1] == mark
                }
            }
            reachable = next
        }
        return reachable[text.count]
    }
}
