import Hummingbird

/// What MLflow's clients ask of a list: `filter`, `order_by`, `max_results` and `page_token`.
///
/// Lists come in order of names, or in its reverse with `name DESC`; other orders are refused.
struct MLflowSearch: Sendable {
    let filter: MLflowFilter
    private let isReversed: Bool
    private let first: Int
    private let count: Int

    static let resultsMax = 10_000
    private static let resultsDefault = 100

    /// - Throws: `MLflowError` (400) naming what is not known.
    init(_ request: Request) throws(MLflowError) {
        filter = try MLflowFilter(request.query("filter") ?? "")
        let order = request.query.filter { $0.name == "order_by" }.map { $0.value.lowercased() }
        switch order {
        case [], ["name"], ["name asc"]: isReversed = false
        case ["name desc"]: isReversed = true
        default: throw .invalid("order_by: expected name ASC or name DESC, found \(order.joined(separator: ", "))")
        }
        count =
            try Self.number(request.query("max_results"), "max_results", in: 1...Self.resultsMax)
            ?? Self.resultsDefault
        first = try Self.number(request.query("page_token"), "page_token", in: 0...Int(Int32.max)) ?? 0
    }

    /// One page of a list, and what asks for the next; empty at the end.
    func page<Element>(of all: [Element]) -> (elements: [Element], next: String) {
        let rest = (isReversed ? all.reversed() : all).dropFirst(first)
        return (Array(rest.prefix(count)), rest.count > count ? "\(first + count)" : "")
    }

    private static func number(_ text: String?, _ name: String, in range: ClosedRange<Int>) throws(MLflowError) -> Int?
    {
        guard let text, !text.isEmpty else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .invalid("\(name): expected \(range.lowerBound)…\(range.upperBound), found \(text.prefix(40))")
        }
        return number
    }
}
