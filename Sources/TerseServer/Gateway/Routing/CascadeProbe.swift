import Foundation
import HTTPTypes
import TerseJSON

/// The first tokens of an answer, computed before anybody gets it, to see how sure the variant is.
///
/// The same seed gives the same tokens again, and the prompt is in the cache then: what is computed twice are these tokens.
struct CascadeProbe: Sendable {
    enum Outcome: Sendable, Equatable {
        /// The mean of the tokens' logarithmic probabilities, in nats, and what they took.
        case mean(Double, Usage)
        /// The worker takes no request now.
        case refused
        /// It did not say: the request itself finds out why.
        case unknown
    }

    /// The request, with an answer of the first tokens alone.
    let body: JSONObject
    let path: String

    init(_ order: RelayOrder, _ gatewayContext: GatewayContext, tokens: Int) {
        var body = order.body
        let isChat = order.path == GatewayRoutes.chat
        for member in ["stream", "stream_options", "echo", "best_of", "n", "top_logprobs", "max_completion_tokens"] {
            body[member] = nil
        }
        let own = [order.body["max_completion_tokens"], order.body["max_tokens"]].compactMap { $0?.intValue }.first
        body["max_tokens"] = JSONValue(min(tokens, max(1, own ?? tokens)))
        body["logprobs"] = isChat ? true : 0
        var context = gatewayContext
        context.reportsProgress = false
        body["terse"] = context.json
        (self.body, path) = (body, order.path)
    }

    func run(on slot: WorkerSlot, _ client: WorkerClient, within timeout: Duration) async throws -> Outcome {
        guard slot.isReady else { return .refused }
        let use = SlotUse(slot)
        defer { withExtendedLifetime(use) {} }
        do {
            let response = try await client.send(slot, .POST, path, body: .object(body), timeout: timeout)
            guard ![429, 503].contains(response.status.code) else { return .refused }
            guard response.status == .ok else { return .unknown }
            let answer = try JSONValue(body: try await response.body.collect(upTo: WorkerClient.answerBytesMax))
            return Self.mean(of: answer).map { .mean($0, Usage(answer: answer) ?? Usage()) } ?? .unknown
        } catch {
            try Task.checkCancellation()
            return .unknown
        }
    }

    /// Of the first choice of an answer; nil where it tells none.
    static func mean(of answer: JSONValue) -> Double? {
        let told = answer["choices"]?[0]?["logprobs"]
        let numbers =
            told?["content"]?.arrayValue?.compactMap { $0["logprob"]?.doubleValue }
            ?? told?["token_logprobs"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        return numbers.isEmpty ? nil : numbers.reduce(0, +) / Double(numbers.count)
    }
}
