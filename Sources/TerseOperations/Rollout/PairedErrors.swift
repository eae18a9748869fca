import Foundation

/// What pairs of requests, one of the candidate's and one of the control group's, say of the difference d between their
/// rates of errors.
///
/// Each pair has d = 1 (the candidate alone failed), −1 (the control alone) or 0. Against a mean of at most m one bets the
/// share λ of one's wealth on each pair, which becomes 1 + λ · (d − m) of it: if the mean is at most m, nobody can expect to
/// get richer, and the probability of ever holding 1 / α is at most α, however often one looks. A mixture of several λ
/// does well at all rates. (Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, 2023.)
struct PairedErrors: Sendable, Equatable, Codable {
    private(set) var worse = 0
    private(set) var better = 0
    private(set) var equal = 0

    var pairs: Int { worse + better + equal }

    /// The mean of d; 0 for no pairs.
    var difference: Double { pairs == 0 ? 0 : Double(worse - better) / Double(pairs) }

    mutating func add(candidateFailed: Bool, controlFailed: Bool) {
        switch (candidateFailed, controlFailed) {
        case (true, false): worse += 1
        case (false, true): better += 1
        default: equal += 1
        }
    }

    /// Bounds that hold at all times at once, each with probability 1 − its risk.
    func bounds(lowerRisk: Double, upperRisk: Double) -> (lower: Double, upper: Double) {
        (
            Self.bisect { logWealth(against: $0, betting: .above) >= -log(lowerRisk) },
            -Self.bisect { logWealth(against: -$0, betting: .below) >= -log(upperRisk) }
        )
    }

    /// On which side of a mean the truth is thought to be.
    enum Side { case above, below }

    /// Shares of the most that can be bet without losing everything.
    private static let shares = [0.02, 0.05, 0.1, 0.17, 0.25, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97]

    /// The logarithm of the wealth that was won by betting against a mean from −1 to 1.
    func logWealth(against mean: Double, betting side: Side) -> Double {
        let sign: Double = side == .above ? 1 : -1
        let most = 1 / (1 + sign * mean)
        let logs = Self.shares.map { share -> Double in
            let bet = sign * share * most
            return Double(worse) * log1p(bet * (1 - mean)) + Double(better) * log1p(bet * (-1 - mean))
                + Double(equal) * log1p(-bet * mean)
        }
        let greatest = logs.max() ?? 0
        return greatest + log(logs.reduce(0) { $0 + exp($1 - greatest) } / Double(logs.count))
    }

    /// The greatest of −1 … 1 for which `holds`, which holds for what is less, too; −1 when none does.
    private static func bisect(_ holds: (Double) -> Bool) -> Double {
        var (low, high) = (-1.0, 1.0)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if holds(middle) { low = middle } else { high = middle }
        }
        return low
    }
}
