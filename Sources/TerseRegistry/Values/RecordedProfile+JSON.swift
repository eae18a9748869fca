import TerseJSON

extension RecordedProfile {
    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue {
        let members: [(String, JSONValue)] = [
            ("model", .string(model)), ("version", JSONValue(version)), ("variant", .string(variant)),
            ("host", .string(profile.host)), ("host_details", Self.object(profile.hostDetails)),
            (
                "text",
                profile.textHash.map { ["name": .text(profile.textName), "sha256": .string($0.description)] } ?? .null
            ),
            ("parent", .text(profile.parent?.description)), ("program", .string(profile.program)),
            ("conditions", Self.object(profile.conditions)), ("figures", .array(profile.figures.map(\.json))),
        ]
        return .object(JSONObject(members + made.members))
    }

    /// What the registry checked when it was recorded.
    private static func object(_ text: String) -> JSONValue { (try? JSONValue.parse(text)) ?? .null }
}

extension Profile.Figure {
    fileprivate var json: JSONValue {
        [
            "quantity": .string(quantity), "unit": .string(unit), "batch": JSONValue(batch), "value": .number(value),
            "low": .number(low), "high": .number(high), "samples": JSONValue(samples), "method": .string(method),
            "basis": .string(basis.rawValue),
        ]
    }
}
