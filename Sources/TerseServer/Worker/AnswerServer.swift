import HTTPTypes
import Hummingbird
import TerseEngine
import TerseJSON

/// Serves one planned answer, as a stream of events or whole.
struct AnswerServer: Sendable {
    let model: ServedModel
    let plan: AnswerPlanner.Plan

    private var telling: Bool { plan.gatewayContext.reportsProgress }

    /// What nobody waits for, or the server has no more time for.
    private static let givenUp = APIError(
        .serviceUnavailable, .unavailable, "the request was given up", retryAfter: .seconds(1))

    /// - Throws: `APIError` when the engine refuses.
    func respond(watch: ConnectionWatch) async throws -> Response {
        let answering = try Answering(plan, engine: model.engine)
        guard plan.streams else { return try await whole(answering, watch) }
        return Response(
            status: .ok,
            headers: [.contentType: EventWriter.contentType, .cacheControl: "no-cache", .accelBuffering: "no"],
            body: ResponseBody { writer in
                var events = EventWriter(writer)
                try await watch.whileServing(onEnd: { answering.cancel() }) {
                    try await stream(answering, to: &events)
                }
                try await events.finish()
            })
    }

    private func whole(_ answering: Answering, _ watch: ConnectionWatch) async throws -> Response {
        var choices = answering.progress.map { AnswerDelta(choice: $0.choice) }
        let (usage, times) = try await watch.whileServing(onEnd: { answering.cancel() }) {
            var answering = answering
            defer { observe(answering) }
            try await answering.run(figures: model.figures) { delta in
                choices[delta.choice - plan.skipped].take(delta)
            }
            guard answering.isWhole else { throw Self.givenUp }
            return (answering.usage(promptTokens: plan.promptTokens), answering.times)
        }
        var fields = plan.form.whole(choices)
        fields["usage"] = usage.json
        var response = Response(.object(fields))
        response.headers[.workerTimes] = times?.header
        return response
    }

    private func stream(_ answering: Answering, to events: inout EventWriter) async throws {
        var answering = answering
        defer { observe(answering) }
        do {
            if telling {
                try await events.write(StreamNote.usage(Usage(promptTokens: plan.promptTokens)).line)
            }
            // Choices that a worker before began, clients know already.
            for choice in answering.progress where choice.choice >= plan.gatewayContext.choices.count {
                guard let opening = plan.form.opening(choice: choice.choice) else { continue }
                try await write(opening, note: AnswerDelta(choice: choice.choice), to: &events)
            }
            try await answering.run(figures: model.figures) { delta in
                try await write(plan.form.piece(delta), note: delta, to: &events)
            }
            let usage = answering.usage(promptTokens: plan.promptTokens)
            if telling { try await events.write(StreamNote.usage(usage).line) }
            guard answering.isWhole else { throw Self.givenUp }
            if plan.includesUsage {
                var closing = plan.form.closing()
                closing["usage"] = usage.json
                try await events.write(.object(closing), note: telling ? .closing : nil)
            }
            try await events.write(EventWriter.doneEvent)
        } catch let error as APIError {
            try await events.write(error.json)
        }
    }

    private func write(_ piece: JSONObject, note delta: AnswerDelta, to events: inout EventWriter) async throws {
        var piece = piece
        if plan.includesUsage { piece["usage"] = .null }
        let note = StreamNote.progress(
            choice: delta.choice, textBytes: delta.textBytes, isFinished: delta.finish != nil,
            tokens: delta.tokenIDs)
        try await events.write(.object(piece), note: telling ? note : nil)
    }

    private func observe(_ answering: Answering) {
        for choice in answering.progress {
            choice.outcome.map { model.figures.observe($0) } ?? model.figures.aborted.add()
        }
    }
}
