/// Logical processors by their numbers, as Linux lists them: `0-3,8`.
public struct ProcessorList: Sendable, Hashable, CustomStringConvertible {
    /// In ascending order, at least one.
    public let numbers: [Int]

    /// Processors have lower numbers than this.
    public static let numberMax = 1 << 16

    /// Those that this process may use, read anew.
    public static var inReach: ProcessorList? { ProcessorList(ProcessorBudget.allowedProcessors()) }

    /// - Returns: nil for none, or numbers out of range.
    public init?(_ numbers: some Sequence<Int>) {
        let sorted = Set(numbers).sorted()
        guard let first = sorted.first, let last = sorted.last, first >= 0, last < Self.numberMax else { return nil }
        self.numbers = sorted
    }

    /// Reads what `description` writes.
    /// - Returns: nil where any part is no number and no range of numbers.
    public init?(_ text: String) {
        var numbers: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends.first, let low = first, let last = ends.last, let high = last,
                low >= 0, low <= high, high < Self.numberMax
            else { return nil }
            numbers.formUnion(low...high)
        }
        self.init(numbers)
    }

    /// Ranges where neighbours follow each other, with commas between.
    public var description: String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
