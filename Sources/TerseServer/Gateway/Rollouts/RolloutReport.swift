import Foundation
import TerseJSON
import TerseOperations
import TerseRegistry

/// A rollout as it is shown: what is recorded of it, and what the evidence that was saved last says.
public struct RolloutReport: Sendable {
    public let record: RolloutRecord
    public let rollout: Rollout

    /// - Throws: `ServerError` for a state that no rollout can be in.
    public init(_ record: RolloutRecord) throws(ServerError) {
        self.record = record
        do throws(RolloutError) { rollout = try Rollout(json: record.state) } catch {
            throw ServerError("rollout \(record.id): \(error.description)")
        }
    }

    /// Begins a rollout by a plan.
    /// - Throws: `RegistryError`; `RolloutError` for a plan that contradicts itself.
    public static func begin(
        _ plan: RolloutPlan, of candidate: ModelReference, in registry: Registry, by: Attribution
    ) throws -> RolloutReport {
        let rollout = try Rollout(plan, now: .zero)
        return try RolloutReport(
            registry.beginRollout(
                of: candidate, plan: plan.json, state: rollout.json, weight: rollout.weight, by: by))
    }

    /// Where it is, in words: `shadow`, `step 2 of 4`, or how it ended.
    public var phase: String {
        if let end = record.end { return end.kind.rawValue }
        switch rollout.phase {
        case .shadow: return "shadow"
        case .canary(let step): return "step \(step + 1) of \(rollout.plan.weights.count)"
        case .promoted, .rolledBack: return "ending"
        }
    }

    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue {
        var object = record.json.objectValue ?? JSONObject()
        object["phase"] = .string(phase)
        object["pairs"] = JSONValue(rollout.pairs)
        object["criteria"] = .array(rollout.judgements.map(\.json))
        object["plan"] = .object(rollout.plan.statement)
        return .object(object)
    }
}

extension RolloutJudgement {
    /// As programs read it; bounds that are not known yet are null.
    var json: JSONValue {
        func number(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }
        return [
            "metric": .string(criterion.metric.rawValue), "verdict": .string(verdict.rawValue),
            "pairs": JSONValue(pairs), "worsening": number(worsening), "lower": number(lower), "upper": number(upper),
            "tolerated": .number(criterion.tolerated), "intolerable": .number(criterion.intolerable),
        ]
    }
}
