import Hummingbird

extension Request {
    /// The members of the query, decoded as forms are: a plus sign is a space.
    var query: [(name: String, value: String)] {
        (uri.query ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                let text = part.replacing("+", with: " ")
                return text.removingPercentEncoding ?? String(text)
            }
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }

    /// A member of the query.
    func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// How many of the latest are wanted; nil: all.
    /// - Throws: `APIError` (400).
    var limit: Int? {
        get throws(APIError) {
            guard let text = query("limit") else { return nil }
            guard let limit = Int(text), limit >= 1 else {
                throw .invalid(
                    "limit: expected a whole number from 1 on, found \(text.prefix(APILimits.nameLengthMax))",
                    parameter: "limit")
            }
            return limit
        }
    }
}
