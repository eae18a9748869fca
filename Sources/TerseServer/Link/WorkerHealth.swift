import TerseJSON

/// What a worker says of its engine when it is asked how it is.
struct WorkerHealth: Sendable, Equatable {
    /// Steps up to now.
    let steps: Int
    /// Whether it has requests.
    let isBusy: Bool
    /// nil where it does not say.
    let load: WorkerLoad?

    static let path = "/health"

    init(steps: Int, isBusy: Bool, load: WorkerLoad? = nil) {
        (self.steps, self.isBusy, self.load) = (steps, isBusy, load)
    }

    /// - Returns: nil for what no worker says.
    init?(_ json: JSONValue) {
        guard let steps = json["steps"]?.intValue, let isBusy = json["busy"]?.boolValue else { return nil }
        self.init(steps: steps, isBusy: isBusy, load: WorkerLoad(json["load"]))
    }

    var json: JSONValue {
        [
            "status": "ok", "steps": JSONValue(steps), "busy": .bool(isBusy), "load": load?.json ?? .null,
        ]
    }
}
