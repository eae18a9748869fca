import TerseJSON

/// What every piece of an answer says of the whole.
struct AnswerHead: Sendable {
    let id: String
    /// Seconds since 1970.
    let created: Int
    let model: String
    /// Stands for weights and program: equal ones give equal texts for equal seeds.
    let fingerprint: String

    func fields(object: String) -> JSONObject {
        [
            "id": .string(id), "object": .string(object), "created": JSONValue(created), "model": .string(model),
            "system_fingerprint": .string(fingerprint),
        ]
    }

    /// The id of a tool call: the same whenever the request is answered anew.
    func callID(choice: Int, index: Int) -> String {
        "call_\(id.drop { $0 != "-" }.dropFirst())\(choice)\(String(index, radix: 36))"
    }
}
