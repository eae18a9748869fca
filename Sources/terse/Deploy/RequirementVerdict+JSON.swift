import TerseJSON
import TerseOperations

extension RequirementVerdict {
    /// As records and programs have it.
    var json: JSONValue {
        var object: JSONObject = [
            "requirement": .string(requirement.name),
            (requirement.quantity.isLeast ? "at_least" : "at_most"): .number(requirement.limit),
        ]
        if let fact {
            object["value"] = .number(fact.value)
            object["low"] = .number(fact.low)
            object["high"] = .number(fact.high)
            object["basis"] = .string(fact.basis.rawValue)
        }
        if let place = requirement.place { object["place"] = .string(place) }
        object["met"] = .bool(isMet)
        object["marginal"] = .bool(isMarginal)
        return .object(object)
    }
}
