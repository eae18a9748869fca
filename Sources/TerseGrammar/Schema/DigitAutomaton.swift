/// The decimal texts of numbers in a range that are multiples of a step, in units of 10^−`places`: a walk over the digits
/// that remembers whether the number still runs along a bound, and its remainder.
struct DigitAutomaton {
    let places: Int
    let step: Int128

    private struct State: Hashable {
        /// Digits still to come before the point; negative: places after it.
        var position: Int
        /// Digits before the point, as long as the number runs along a bound; 0 after: then the rest is the same for all.
        var length: Int
        var isOnLow: Bool
        var isOnHigh: Bool
        var remainder: Int32
        /// Whether the point has been read and no digit after it.
        var isAfterPoint: Bool
    }

    func automaton(_ range: ClosedRange<Int128>, _ meter: WorkMeter) throws(GrammarError) -> Automaton {
        var graph = Graph()
        var free: [State: Int32] = [:]
        if range.upperBound >= 0 {
            try add(max(range.lowerBound, 0)...range.upperBound, graph.start, &graph, &free, meter)
        }
        if range.lowerBound < 0 {
            let negative = try graph.addState(meter)
            graph.byte(graph.start, "-", negative)
            try add(max(-range.upperBound, 1)...(-range.lowerBound), negative, &graph, &free, meter)
        }
        return try graph.determinized(meter).minimized(meter)
    }

    /// Adds the texts of magnitudes in `range`, by how many digits stand before the point.
    private func add(
        _ range: ClosedRange<Int128>, _ from: Int32, _ graph: inout Graph, _ free: inout [State: Int32],
        _ meter: WorkMeter
    ) throws(GrammarError) {
        let unit = DecimalNumber.power(places)
        var least: Int128 = 0
        var length = 1
        while least <= range.upperBound {
            let beyond = DecimalNumber.power(length) * unit
            let low = max(least, range.lowerBound)
            let high = min(beyond - 1, range.upperBound)
            if low <= high {
                let total = length + places
                try add(Self.digits(low, total), Self.digits(high, total), length, from, &graph, &free, meter)
            }
            least = beyond
            length += 1
        }
    }

    private func add(
        _ low: [UInt8], _ high: [UInt8], _ length: Int, _ from: Int32, _ graph: inout Graph,
        _ free: inout [State: Int32], _ meter: WorkMeter
    ) throws(GrammarError) {
        let first = State(
            position: length, length: length, isOnLow: true, isOnHigh: true, remainder: 0, isAfterPoint: false)
        // States off the bounds are shared by all lengths.
        var numbers = free
        numbers[first] = try graph.addState(meter)
        graph.jump(from, numbers[first] ?? from)
        var waiting = [first]
        while let state = waiting.popLast() {
            guard let number = numbers[state] else { continue }
            try meter.spend(12)
            if mayEnd(state, low) { graph.jump(number, graph.end) }
            var steps = successors(of: state, low, high)
            if state.position == 0, !state.isAfterPoint, places > 0 {
                var pointed = state
                pointed.isAfterPoint = true
                steps.append((UInt8(ascii: "."), pointed))
            }
            for (byte, next) in steps {
                if numbers[next] == nil {
                    numbers[next] = try graph.addState(meter)
                    waiting.append(next)
                }
                graph.byte(number, Unicode.Scalar(byte), numbers[next] ?? number)
            }
        }
        free = numbers.filter { $0.key.length == 0 }
    }

    /// What follows by a digit.
    private func successors(of state: State, _ low: [UInt8], _ high: [UInt8]) -> [(UInt8, State)] {
        guard state.position > 0 || state.isAfterPoint || state.position < 0, state.position > -places else {
            return []
        }
        let index = max(state.length - state.position, 0)
        let bottom = state.isOnLow ? low[index] : 0
        let top = state.isOnHigh ? high[index] : 9
        guard bottom <= top else { return [] }
        return (bottom...top).compactMap { digit in
            // A number of more than one digit does not begin with 0: the least one of its length sees to that.
            var next = state
            next.position -= 1
            next.isOnLow = state.isOnLow && digit == bottom
            next.isOnHigh = state.isOnHigh && digit == top
            next.isAfterPoint = false
            if !next.isOnLow, !next.isOnHigh { next.length = 0 }
            next.remainder = Int32((Int128(state.remainder) * 10 + Int128(digit)) % step)
            return (UInt8(ascii: "0") + digit, next)
        }
    }

    /// Whether the number may end, the digits that are not written being 0.
    private func mayEnd(_ state: State, _ low: [UInt8]) -> Bool {
        guard state.position <= 0, !state.isAfterPoint else { return false }
        if state.isOnLow, low[(state.length - state.position)...].contains(where: { $0 != 0 }) { return false }
        let missing = DecimalNumber.power(places + state.position)
        return Int128(state.remainder) * missing % step == 0
    }

    private static func digits(_ number: Int128, _ count: Int) -> [UInt8] {
        let text = Array(String(number).utf8).map { $0 - UInt8(ascii: "0") }
        return [UInt8](repeating: 0, count: count - text.count) + text
    }
}
