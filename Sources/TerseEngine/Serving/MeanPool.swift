/// The mean of a sequence's hidden states, added up in the order of their positions however they come in chunks.
struct MeanPool {
    private var sums: [Double] = []

    /// Adds the states of successive positions, [positions, width]; position 0 begins anew.
    mutating func add(_ states: UnsafeBufferPointer<Float>, width: Int, from position: Int) {
        if position == 0 { sums = Array(repeating: 0, count: width) }
        for start in stride(from: 0, to: states.count, by: width) {
            for column in 0..<width { sums[column] += Double(states[start + column]) }
        }
    }

    /// The mean scaled to length 1, [width]; zeros where it is zero, nil where a state was not a number or not finite.
    var direction: [Float]? {
        let length = sums.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length.isFinite else { return nil }
        return sums.map { length > 0 ? Float($0 / length) : 0 }
    }
}
