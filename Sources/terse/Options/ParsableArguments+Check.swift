import ArgumentParser

extension ParsableArguments {
    /// - Throws: `ValidationError` naming the option, its range and the value when that is outside.
    static func check(_ option: String, _ value: Int?, from least: Int, to most: Int = .max) throws {
        guard let value, value < least || value > most else { return }
        let range = most == .max ? "at least \(least)" : "from \(least) to \(most)"
        throw ValidationError("\(option) must be \(range), found \(value)")
    }
}
