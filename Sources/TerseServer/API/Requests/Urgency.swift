import TerseEngine

/// When a request is to be served, and by when: extensions of OpenAI's API.
struct Urgency: Sendable, Equatable {
    /// As vLLM has it: the lower, the earlier; 0 is what the key is given.
    var priority = 0
    /// After which the request is given up, finished or not.
    var timeout: Duration?

    init() {}

    /// - Throws: `APIError` naming the parameter.
    init(_ fields: inout FieldReader) throws(APIError) {
        let span = SchedulerLimits.prioritySpan
        priority = try fields.integer("priority", in: span) ?? 0
        timeout = try fields.float("timeout", in: APILimits.timeoutSeconds).map { .seconds(Double($0)) }
    }

    /// Sets what the engine goes by.
    /// - Parameters:
    ///   - gatewayContext: how urgent the key's requests are, and may be.
    ///   - most: what any request may take.
    func apply(to request: inout GenerationRequest, _ gatewayContext: GatewayContext, within most: Duration) {
        let span = SchedulerLimits.prioritySpan
        let wanted = gatewayContext.priority - priority
        request.priority = max(min(wanted, gatewayContext.priorityMax, span.upperBound), span.lowerBound)
        request.timeout = min(timeout ?? most, most)
    }
}
