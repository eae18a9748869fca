import ArgumentParser
import TerseOperations

/// Policies with commas between them: `always=novels-3m,random=0.5,router=balanced,router=1.2`.
struct PolicyList {
    let policies: [SimulatedPolicy]

    private enum Kind: String, CaseIterable {
        case always, random, oracle, router
        case cascadeShare = "cascade-share"
        case cascadeGain = "cascade-gain"
    }

    static let policiesMax = 256

    /// For help.
    static let kinds =
        "always=VARIANT, random=SHARE, oracle=WEIGHT, router=\(names), router=WEIGHT, cascade-share=SHARE, "
        + "cascade-gain=WEIGHT"
    private static let names = TradeOff.Name.allCases.map(\.rawValue).joined(separator: "|")

    /// - Throws: `ValidationError` naming the policy, what is expected and what was found.
    init(argument: String) throws {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        guard words.count <= Self.policiesMax else {
            throw ValidationError("expected at most \(Self.policiesMax) policies, found \(words.count)")
        }
        policies = try words.map { word in
            guard let policy = Self.policy(word) else {
                throw ValidationError("\(String(word).debugDescription): expected one of \(Self.kinds)")
            }
            do { try policy.check() } catch { throw ValidationError("\(word): \(error)") }
            return policy
        }
    }

    private static func policy(_ word: Substring) -> SimulatedPolicy? {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let kind = Kind(rawValue: parts[0]) else { return nil }
        let number = Double(parts[1])
        switch kind {
        case .always: return .always(variant: parts[1])
        case .random: return number.map { .random(share: $0) }
        case .oracle: return number.map { .oracle(timeWeight: $0) }
        case .router:
            if let name = TradeOff.Name(rawValue: parts[1]) { return .router(name) }
            return number.map { .weighedRouter(timeWeight: $0) }
        // At the weight of time that makes a usual request worth exactly its time.
        case .cascadeShare: return number.map { .cascade(.share($0), timeWeight: 1) }
        case .cascadeGain: return number.map { .cascade(.gain, timeWeight: $0) }
        }
    }
}
