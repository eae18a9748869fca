extension Quantity {
    /// A standard error behind its figure: `± 0.0123`, or `± –` where one value alone does not tell.
    static func uncertainty(_ standardError: Double?, _ count: Int) -> String {
        "± " + (standardError.map { decimals($0, count) } ?? "–")
    }
}
