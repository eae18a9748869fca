import TerseConfiguration
import TerseJSON
import TerseOperations

/// Plans over HTTP, and as commands print them: what their files state, as JSON.
extension RolloutPlan {
    /// - Throws: `ConfigurationError` naming the key, what is expected and what was found.
    init(_ object: JSONObject) throws(ConfigurationError) {
        // What is JSON is YAML.
        try self.init(ConfigurationFile.parse(JSONValue.object(object).serialized(), source: "plan"))
    }

    /// What `init(_:)` reads as this plan.
    var statement: JSONObject {
        let limits: [(String, JSONValue)] = criteria.map { criterion in
            let both: JSONValue = [
                "tolerated": .number(criterion.tolerated), "intolerable": .number(criterion.intolerable),
            ]
            return (criterion.metric.rawValue, both)
        }
        return [
            "weights": .array(weightsPercent.map(JSONValue.number)), "pairs_per_step": JSONValue(pairsPerStep),
            "shadow_pairs": JSONValue(shadowPairs), "pairs_max": JSONValue(pairsMax),
            "patience": .number(patienceSeconds), "patience_max": .number(patienceSecondsMax),
            "false_rollback_risk": .number(falseRollbackRisk), "false_promotion_risk": .number(falsePromotionRisk),
            "criteria": .object(JSONObject(limits)),
        ]
    }
}
