import Foundation
import Hummingbird
import TerseEngine
import TerseJSON

/// The judge of a rollout or a route: only gateways ask it, at the worker's own socket.
extension WorkerRoutes {
    private static let scoreTimeout = Duration.seconds(60)

    /// `POST /score`: `{"mean", "agreement"}`, the mean logarithmic probability of the answer's tokens, in nats, and the share
    /// of them that are the most probable.
    func score(_ request: Request, _ context: ServerContext) async throws -> Response {
        let wanted = try ScoreRequest(JSONValue(body: try await request.bytes(within: limits.bodyTimeout)))
        let prompt = try prompt(of: wanted)
        let answer = model.tokenizer.encode(wanted.answer, addSpecial: false, parseSpecial: false)
        let places = min(ScoreRequest.tokensMax, model.engine.positionsMax - prompt.count)
        guard !answer.isEmpty, places > 0 else {
            throw APIError.invalid("answer: expected tokens that fit the context, found \(answer.count)")
        }
        var generation = GenerationRequest(prompt: prompt + answer.prefix(places))
        generation.scoresFrom = prompt.count
        // Whoever waits for an answer comes first.
        generation.priority = SchedulerLimits.prioritySpan.lowerBound
        generation.timeout = Self.scoreTimeout
        let watch = try await context.connectionWatch()
        let found = try await watch.whileConnected { [generation] in try await score(generation) }
        return Response(["mean": .number(found.mean), "agreement": .number(found.agreement)])
    }

    private func score(_ generation: GenerationRequest) async throws(APIError) -> TextScore {
        do { return try await model.engine.score(generation) } catch { throw APIError(error) }
    }

    /// The tokens that the answer follows.
    private func prompt(of wanted: ScoreRequest) throws(APIError) -> [Int32] {
        let body = JSONValue.object(wanted.body)
        guard wanted.origin == GatewayRoutes.chat else {
            return try model.prompts.tokens(try CompletionRequest(body).prompts[0], of: "prompt")
        }
        return try model.prompts.tokens(try ChatRequest(body), opening: "", now: Int(Date().timeIntervalSince1970))
    }
}
