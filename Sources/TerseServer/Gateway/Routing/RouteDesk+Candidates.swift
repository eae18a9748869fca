import TerseOperations

/// Who is asked when the one that was chosen takes no request, and what is told when nobody does.
extension RouteDesk {
    /// The variant that was chosen, then those that would not refuse the request, by their scores. What is only too long, as
    /// far as its tokens can be estimated, is for the one with the longest context: it counts them, and says so.
    func candidates(_ decision: RoutingDecision) -> [String] {
        guard let chosen = decision.variant else {
            let ready = decision.predictions.filter { !$0.obstacles.contains { $0 == .notReady || $0 == .queueFull } }
            let profiles = options.plan.profiles.filter { profile in ready.contains { $0.variant == profile.name } }
            return profiles.max { $0.contextTokens < $1.contextTokens }.map { [$0.name] } ?? []
        }
        let others = decision.predictions.filter { prediction in
            prediction.variant != chosen && !prediction.obstacles.contains(where: \.isHard)
        }
        return [chosen] + others.sorted { $0.score < $1.score }.map(\.variant)
    }

    /// The most that a client is asked to wait before it tries again.
    private static let retryAfterMax = Duration.seconds(60)

    /// What a client is told whose request nobody takes.
    func refusal(_ decision: RoutingDecision) -> APIError {
        let full = decision.predictions.filter { !$0.obstacles.contains(.notReady) }
        guard let soonest = full.map(\.timeToFirstToken).min() else {
            return APIError(
                .serviceUnavailable, .unavailable, "no model of the route \"\(name)\" is ready",
                retryAfter: .seconds(2))
        }
        return APIError(
            .tooManyRequests, .rateLimit,
            "the queues of all models of the route \"\(name)\" are full: \(full.map(\.variant).joined(separator: ", "))",
            code: "queue_full", retryAfter: min(.seconds(soonest), Self.retryAfterMax))
    }
}
