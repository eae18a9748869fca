/// What readers did with damaged inputs.
public struct FuzzOutcome: CustomStringConvertible {
    public private(set) var accepted = 0
    public private(set) var refused = 0

    public init() {}

    /// Runs `read`; what it throws counts as refused.
    public mutating func count(_ read: () throws -> Void) {
        do {
            try read()
            accepted += 1
        } catch {
            refused += 1
        }
    }

    /// Whether some damage was noticed and some was not: otherwise nothing was tested.
    public var isMixed: Bool { accepted > 0 && refused > 0 }

    public var description: String { "\(accepted) accepted, \(refused) refused" }
}
