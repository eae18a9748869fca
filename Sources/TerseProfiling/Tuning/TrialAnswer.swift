import TerseJSON

/// What a process that measures says to the one that searches, a line for each.
public enum TrialAnswer: Sendable, Equatable {
    /// The model is there.
    case ready
    case rates(TrialRates)
    /// The configuration cannot run, for want of memory.
    case refused(reason: String)

    public var json: JSONValue {
        switch self {
        case .ready: ["ready": true]
        case .rates(let rates): .object(rates.json)
        case .refused(let reason): ["refused": .string(reason)]
        }
    }

    /// Nil where it is none, or a rate that cannot be.
    public init?(_ line: String) {
        guard let json = try? JSONValue.parse(line) else { return nil }
        if json["ready"]?.boolValue == true {
            self = .ready
        } else if let reason = json["refused"]?.stringValue {
            self = .refused(reason: reason)
        } else if let rates = TrialRates(json) {
            self = .rates(rates)
        } else {
            return nil
        }
    }
}
