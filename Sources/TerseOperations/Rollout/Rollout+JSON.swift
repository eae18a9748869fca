import Foundation

/// Plans and rollouts as they are kept.
extension RolloutPlan {
    /// A JSON object.
    public var json: String { encoded(self) }

    /// - Throws: `RolloutError` for what is no plan, or one that contradicts itself.
    public init(json: String) throws(RolloutError) {
        self = try decoded(json, "the plan")
        try check()
    }
}

extension Rollout {
    /// A JSON object: all of it, evidence included.
    public var json: String { encoded(self) }

    /// - Throws: `RolloutError` for what is no state that a rollout can be in.
    public init(json: String) throws(RolloutError) { self = try decoded(json, "the rollout's state") }
}

/// Every value of these types is finite and so can be written.
private func encoded(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
        preconditionFailure("a value that is no JSON: \(error)")
    }
}

private func decoded<Value: Decodable>(_ json: String, _ what: String) throws(RolloutError) -> Value {
    do { return try JSONDecoder().decode(Value.self, from: Data(json.utf8)) } catch {
        throw RolloutError("\(what): \(error)")
    }
}
