import Foundation
import HTTPTypes
import Hummingbird
import TerseJSON
import TerseOperations

/// Requests whose model a router chooses.
extension GatewayRoutes {
    /// Has the variant answer that the route chooses, or the next best where that takes no request: each is asked once.
    func route(
        _ order: RelayOrder, by desk: RouteDesk, _ request: Request, _ context: ServerContext
    ) async throws -> Response {
        let start = ContinuousClock.now
        let features = try RequestFeatures(order, request.headers, of: context.client)
        let decision = desk.decide(features, since: start)
        let candidates = desk.candidates(decision)
        guard !candidates.isEmpty else { return told(Response(desk.refusal(decision)), decision, nil) }
        let gatewayContext = gatewayContext(order, context)
        let variants = try await probed(candidates, decision, order, gatewayContext, by: desk, context)
        var last: Response?
        for (index, variant) in variants.enumerated() {
            guard let endpoint = desk.endpoint(variant) else { continue }
            let ownOrder = order.with(model: variant)
            let routed = RoutedRequest(
                desk: desk, number: decision.number, features: features, variant: variant,
                isFirst: index == 0 && decision.escalation == nil, isJudged: desk.wantsJudgement(of: variant),
                order: ownOrder)
            let isLast = index + 1 == variants.count
            var response: Response
            do {
                response = try await serve(
                    ownOrder, by: endpoint, gatewayContext, start: start, routed: routed, isUrged: !isLast, request,
                    context)
            } catch let error as APIError {
                response = Response(error)
            }
            response = told(response, decision, variant)
            guard !isLast, response.status == .tooManyRequests || response.status == .serviceUnavailable else {
                return response
            }
            last = response
            desk.figures.count(\.passes)
        }
        return last ?? Response(desk.refusal(decision))
    }

    /// Says in a header who answers, and why.
    private func told(_ response: Response, _ decision: RoutingDecision, _ variant: String?) -> Response {
        var response = response
        response.headers[.route] = decision.headerText(answeredBy: variant)
        return response
    }

    /// So that whoever asked may say what the answer is worth.
    func remember(_ gatewayContext: GatewayContext, _ routed: RoutedRequest, _ context: ServerContext) {
        guard let id = gatewayContext.id else { return }
        ledger.add(
            id,
            FeedbackLedger.Entry(
                desk: routed.desk, number: routed.number, features: routed.features, variant: routed.variant,
                tenant: context.client.tenant))
    }

    /// In a cascade, lets the variant that begins say its first tokens, which nobody gets.
    /// - Returns: the variants, the one to be asked first in front: the best one where those tokens are not sure enough.
    private func probed(
        _ variants: [String], _ decision: RoutingDecision, _ order: RelayOrder, _ gatewayContext: GatewayContext,
        by desk: RouteDesk, _ context: ServerContext
    ) async throws -> [String] {
        guard let tokens = decision.probeTokens, let best = decision.escalation, let least = decision.variant,
            let slot = desk.endpoint(least)?.live
        else { return variants }
        let probe = CascadeProbe(order.with(model: least), gatewayContext, tokens: tokens)
        let watch = try await context.connectionWatch()
        let outcome = try await watch.whileConnected {
            try await probe.run(on: slot, client, within: limits.requestTimeout)
        }
        switch outcome {
        case .mean(let mean, let usage):
            // Where it does not, the answer itself is charged, which these tokens begin.
            guard desk.escalates(decision, meanLogLikelihood: mean) else { return variants }
            gatekeeper.charge(context.keyHash, usage)
            return [best] + variants.filter { $0 != best }
        case .refused:
            guard variants.count > 1 else { return variants }
            desk.figures.count(\.passes)
            return Array(variants.dropFirst())
        case .unknown: return variants
        }
    }
}
