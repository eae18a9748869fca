import TerseJSON

extension RolloutRecord {
    /// As programs read it, on the command line and over HTTP; without its evidence.
    public var json: JSONValue {
        let record: [(String, JSONValue)] = [
            ("id", .integer(id)), ("model", .string(model)), ("candidate", .string(candidate.description)),
            ("stable", .string(stable.description)), ("running", .bool(end == nil)), ("paused", .bool(isPaused)),
            ("weight", .number(weight)), ("saved_at", .string(Timestamp.text(savedAt))),
            ("events", .array(events.map(\.json))),
        ]
        return .object(JSONObject(record + made.members))
    }
}

extension RolloutRecord.Event {
    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue {
        let event: [(String, JSONValue)] = [
            ("id", .integer(id)), ("event", .string(kind.rawValue)), ("weight", .number(weight)),
        ]
        return .object(JSONObject(event + made.members))
    }
}
