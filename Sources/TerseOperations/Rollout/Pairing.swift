/// Values of two groups, the n-th of the one with the n-th of the other.
struct Pairing: Sendable, Equatable, Codable {
    /// Values of one group that wait for one of the other.
    private var waiting: [Double] = []
    private var next = 0
    private var waitsForCandidate = false

    /// More of one group than this, beyond the other's, are not counted.
    private static let waitingMax = 4096

    /// - Returns: a pair, once there is one.
    mutating func add(_ value: Double, isCandidate: Bool) -> (candidate: Double, control: Double)? {
        guard next < waiting.count, waitsForCandidate == isCandidate else {
            if next == waiting.count { (waiting, next) = ([], 0) }
            guard waiting.count - next < Self.waitingMax else { return nil }
            if next >= Self.waitingMax { (waiting, next) = (Array(waiting[next...]), 0) }
            waiting.append(value)
            waitsForCandidate = !isCandidate
            return nil
        }
        let other = waiting[next]
        next += 1
        return isCandidate ? (value, other) : (other, value)
    }
}
