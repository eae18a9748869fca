import Foundation
import HTTPTypes
import TerseEngine
import TerseJSON
import TerseOperations

/// Has workers compute what a rollout needs beside clients' requests: copies, and scores of answers.
struct TrialClient: Sendable {
    let client: WorkerClient

    /// What a copy may take, and a score.
    static let timeout = Duration.seconds(300)

    /// Has both compute a request, and tells what became of each.
    func compare(_ request: TrialRequest, _ trial: ModelEndpoint.Trial) async {
        await withDiscardingTaskGroup { group in
            for (slot, name) in [(trial.candidate, RolloutGroup.candidate), (trial.control, .control)] {
                group.addTask {
                    if let outcome = await run(request, on: slot, as: name) { trial.desk.tell(outcome) }
                }
            }
        }
    }

    /// - Returns: nil when what the request says is wrong, or nobody wants to know any more.
    private func run(_ request: TrialRequest, on slot: WorkerSlot, as group: RolloutGroup) async -> TrialOutcome? {
        var body = request.body
        var context = GatewayContext()
        context.seed = .random(in: 0...UInt64.max)
        body["terse"] = context.json
        var outcome = TrialOutcome(group: group, failed: true, path: request.path, body: request.body)
        let use = SlotUse(slot)
        defer { withExtendedLifetime(use) {} }
        do {
            let response = try await client.send(slot, .POST, request.path, body: .object(body), timeout: Self.timeout)
            let text = String(buffer: try await response.body.collect(upTo: WorkerClient.answerBytesMax))
            let status = HTTPResponse.Status(code: Int(response.status.code))
            guard status == .ok else { return status.code >= 500 || status == .tooManyRequests ? outcome : nil }
            outcome = TrialOutcome(
                group: group, failed: false, times: AnswerTimes(response), path: request.path, body: request.body,
                answer: text.utf8.count <= AnswerText.bytesMax ? .whole(text) : nil)
            return outcome
        } catch {
            return Task.isCancelled ? nil : outcome
        }
    }

    /// How probable the variant that is live finds an answer, in nats; nil when it cannot say.
    func score(_ outcome: TrialOutcome, by judge: WorkerSlot) async -> Double? {
        guard let answer = outcome.answer?.text else { return nil }
        return await score(ScoreRequest(origin: outcome.path, body: outcome.body, answer: answer), by: judge)?.mean
    }

    /// What a worker's model makes of an answer; nil when it cannot say.
    func score(_ wanted: ScoreRequest, by judge: WorkerSlot) async -> TextScore? {
        guard judge.isReady else { return nil }
        let use = SlotUse(judge)
        defer { withExtendedLifetime(use) {} }
        guard
            let response = try? await client.send(
                judge, .POST, ScoreRequest.path, body: wanted.json, timeout: Self.timeout),
            response.status == .ok, let text = try? await response.body.collect(upTo: WorkerClient.answerBytesMax)
        else { return nil }
        let said = try? JSONValue(body: text)
        guard let mean = said?["mean"]?.doubleValue, let agreement = said?["agreement"]?.doubleValue else { return nil }
        return TextScore(mean: mean, agreement: agreement)
    }
}
