import TerseJSON

extension DeploymentRecord {
    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue {
        let record: [(String, JSONValue)] = [
            ("id", .integer(id)), ("model", .string(model)), ("candidate", .string(candidate.description)),
            ("running", .bool(end == nil)), ("spec", .string(spec)), ("source", .text(source)),
            ("events", .array(events.map(\.json))),
        ]
        return .object(JSONObject(record + made.members))
    }
}

extension DeploymentRecord.Event {
    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue {
        let event: [(String, JSONValue)] = [
            ("id", .integer(id)), ("event", .string(kind.rawValue)),
            ("details", (try? JSONValue.parse(details)) ?? .null), ("rollout", rollout.map { .integer($0) } ?? .null),
        ]
        return .object(JSONObject(event + made.members))
    }
}
