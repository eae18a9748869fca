/// Which numbers a part of a schema allows, and the automaton of their texts.
///
/// Unbounded integers have up to 18 digits, other numbers up to 15 before the point, 15 after it and two in the exponent, so
/// that every reader gets the number that was written. Numbers with bounds have no exponent, and so many digits that their
/// nearest doubles stand in the same order (15 significant ones where a bound is near).
struct NumberShape {
    var isInteger = false
    private var bounds: [(value: DecimalNumber, isLower: Bool, isExclusive: Bool)] = []
    private var steps: [DecimalNumber] = []

    static let unboundedDigits = 18
    static let fractionDigitsMax = 14
    /// Whole numbers up to this are doubles.
    private static let exactIntegersMax: UInt128 = 1 << 53
    static let remaindersMax = 20_000

    mutating func bound(_ value: DecimalNumber, isLower: Bool, isExclusive: Bool) {
        bounds.append((value, isLower, isExclusive))
    }

    mutating func multiple(of step: DecimalNumber) { steps.append(step) }

    var isFree: Bool { bounds.isEmpty && steps.isEmpty }

    /// - Throws: `.limitExceeded` when a multiple needs too many states.
    func automaton(_ meter: WorkMeter) throws(GrammarError) -> Automaton {
        if isFree, !isInteger { return try Self.anyNumber(meter) }
        let places = places
        var step: Int128 = 1
        for next in steps {
            let scaled = isInteger ? next.leastInteger : next.floor(places: places)
            let joint = step / Self.greatestCommonDivisor(step, scaled) * scaled
            guard scaled > 0, joint <= Self.remaindersMax else {
                throw GrammarError(.limitExceeded, "multiples of so great a number need too many states")
            }
            step = joint
        }
        let (low, high) = range(places: places)
        guard low <= high else { return Automaton.nothing }
        let builder = DigitAutomaton(places: places, step: step)
        return try builder.automaton(low...high, meter)
    }

    private var places: Int { isInteger ? 0 : fractionPlaces }

    /// The greatest number that is written where bounds do not ask for more, in units of 10^−`places`.
    private func usual(places: Int) -> Int128 {
        // Multiples of fractions are exact in a double's 53 bits.
        let digits = isInteger ? Self.unboundedDigits : steps.contains { !$0.isInteger } ? 12 : 15
        return DecimalNumber.power(digits) * DecimalNumber.power(places) - 1
    }

    /// The greatest number that is written at all.
    private func most(places: Int) -> Int128 { isInteger ? Int128(Int64.max) : usual(places: places) }

    /// Whether the parts fit what this can express; a reason otherwise.
    var refusal: (keyword: String, reason: String)? {
        for step in steps {
            guard step.sign > 0 else { return ("multipleOf", "must be greater than 0") }
            guard step.isInteger || step.isWhole(places: Self.fractionDigitsMax), Self.isBinaryFraction(step) else {
                return (
                    "multipleOf",
                    "is no sum of powers of two: validators divide in floating point and disagree about its multiples"
                )
            }
        }
        for (value, isLower, isExclusive) in bounds {
            let (floor, most) = (value.floor(places: places), most(places: places))
            guard isLower ? floor > most : floor < -most else { continue }
            let keyword =
                isLower ? (isExclusive ? "exclusiveMinimum" : "minimum") : isExclusive ? "exclusiveMaximum" : "maximum"
            return (keyword, "is beyond the numbers that are written, which have \(isInteger ? 19 : 15) digits at most")
        }
        return nil
    }

    /// As many places after the point as keep 15 significant digits near every bound.
    private var fractionPlaces: Int {
        var places = Self.fractionDigitsMax
        for bound in bounds { places = min(places, max(15 - bound.value.integerDigits, 0)) }
        // Multiples have as many places as the step.
        return steps.map(\.fractionDigits).max() ?? places
    }

    /// In units of 10^−`places`.
    private func range(places: Int) -> (Int128, Int128) {
        // Past the usual digits only where a bound asks for it.
        let (usual, most) = (usual(places: places), most(places: places))
        var low = -most
        var high = most
        var isBelow = false
        var isAbove = false
        for (value, isLower, isExclusive) in bounds {
            let floor = value.floor(places: places)
            let isWhole = value.isWhole(places: places)
            if isExclusive, !isWhole, !isInteger || floor.magnitude >= Self.exactIntegersMax {
                // The number next to the bound may have the bound's double: the one after it has not.
                if isLower { low = max(low, floor + 2) } else { high = min(high, floor - 1) }
            }
            if isLower {
                low = max(low, isExclusive || !isWhole ? floor + 1 : floor)
                isBelow = true
            } else {
                high = min(high, isExclusive && isWhole ? floor - 1 : floor)
                isAbove = true
            }
        }
        if !isBelow { low = max(low, min(-usual, high)) }
        if !isAbove { high = min(high, max(usual, low)) }
        return (low, high)
    }

    /// Sums of powers of two are exact in floating point.
    private static func isBinaryFraction(_ step: DecimalNumber) -> Bool {
        let places = step.fractionDigits
        guard places > 0 else { return true }
        guard places <= 10 else { return false }
        // n / 10^p is one when 5^p divides n.
        var power: Int128 = 1
        for _ in 0..<places { power *= 5 }
        return step.floor(places: places) % power == 0
    }

    private static func greatestCommonDivisor(_ left: Int128, _ right: Int128) -> Int128 {
        right == 0 ? left : greatestCommonDivisor(right, left % right)
    }

    private static func anyNumber(_ meter: WorkMeter) throws(GrammarError) -> Automaton {
        let pattern = "^-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?$"
        return try PatternParser.automaton(pattern, .sure, meter)
    }
}
