import TerseTelemetry

/// The power that a host should not exceed.
public struct PowerBudget: Sendable, Equatable {
    public let watts: Double
    /// What the host's power is estimated by; nil: it is measured where hardware counts, else estimated by an assumption.
    public let model: PowerModel?

    /// - Throws: `ServerError` for watts that are not above 0, or more than any host takes.
    public init(watts: Double, model: PowerModel? = nil) throws(ServerError) {
        guard watts > 0, watts <= PowerModel.wattsMax else {
            throw ServerError("watts: expected more than 0 and at most \(PowerModel.wattsMax), found \(watts)")
        }
        (self.watts, self.model) = (watts, model)
    }
}
