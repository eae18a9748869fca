import Logging
import ServiceLifecycle
import TerseOperations
import TerseRegistry

/// What a route needs done beside clients' requests, one thing of a kind at a time: answers judged, aliases moved back, moves of
/// aliases followed.
struct RouteAides: Service {
    let desk: RouteDesk
    let client: TrialClient
    let registry: RegistryAccess?
    let logger: Logger

    /// Between two looks whether a worker is idle, and how long an answer waits for that.
    static let pause = Duration.milliseconds(100)
    static let patience = Duration.seconds(60)
    /// Between two looks whether other variants are live.
    static let followingPause = Duration.milliseconds(500)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { for await answer in desk.answers { await judge(answer) } }
                group.addTask { for await rollback in desk.rollbacks { await rollBack(rollback) } }
                group.addTask { await followMoves() }
            }
        }
        try? await gracefulShutdown()
    }

    /// Has the best variant, and the one that gave an answer, say how probable they find it, when nobody needs them.
    private func judge(_ judged: JudgedAnswer) async {
        guard let text = judged.answer.text, let judge = desk.judge, let author = desk.endpoint(judged.variant),
            // A probability of a token says nothing beside that of another's token.
            !author.live.hasOtherTokens(than: judge.live)
        else { return }
        let wanted = ScoreRequest(origin: judged.request.path, body: judged.request.body, answer: text)
        let deadline = ContinuousClock.now + Self.patience
        var scores: [Double] = []
        var agreement = 0.0
        for endpoint in [author, judge] {
            while !endpoint.live.isIdle {
                guard ContinuousClock.now < deadline, (try? await Task.sleep(for: Self.pause)) != nil else { return }
            }
            guard let score = await client.score(wanted, by: endpoint.live) else { return }
            scores.append(score.mean)
            agreement = score.agreement
        }
        desk.learn(
            .answer(variant: judged.variant, logLikelihood: scores[0], judged: scores[1], agreement: agreement),
            of: judged.features, decision: judged.number)
    }

    /// Follows moves of aliases until the task is cancelled. A registry or a worker that does not answer is asked again, which is
    /// said once of each variant.
    private func followMoves() async {
        var unanswered: [String: ModelReference] = [:]
        while (try? await Task.sleep(for: Self.followingPause)) != nil {
            let moves = desk.moves
            unanswered = unanswered.filter { name, _ in moves.contains { $0.name == name } }
            for move in moves {
                let problem = await follow(move.variant, of: move.name)
                guard !Task.isCancelled else { return }
                let before = unanswered[move.name]
                unanswered[move.name] = problem == nil ? nil : move.variant
                guard let problem, before != move.variant else { continue }
                logger.warning(
                    "a route goes on with the profile of the variant before until what is live answers",
                    metadata: fields(move.variant, of: move.name, problem))
            }
        }
    }

    /// Goes by the profile of what is live now, where there is one that can be compared with the others'.
    /// - Returns: Why the registry or a worker did not answer, where that may pass.
    private func follow(_ variant: ModelReference, of name: String) async -> (any Error)? {
        do {
            try desk.adopt(variant, of: name, try await profile(of: variant, name))
            logger.notice("a route goes by the profile of what is live", metadata: fields(variant, of: name))
        } catch let error as Unanswered {
            return error.problem
        } catch  where RolloutWork.isPassing(error) {
            return error
        } catch {
            // It has been checked, being there already.
            try? desk.adopt(variant, of: name, nil)
            logger.warning(
                "a route goes on with the profile of the variant before: there is none that it can use of what is live",
                metadata: fields(variant, of: name, error))
        }
        return nil
    }

    private func fields(_ variant: ModelReference, of name: String, _ problem: (any Error)? = nil) -> Logger.Metadata {
        let metadata: Logger.Metadata = ["route": "\(desk.name)", "model": "\(name)", "variant": "\(variant)"]
        guard let problem else { return metadata }
        return metadata.merging(["problem": "\(problem)"]) { $1 }
    }

    /// A worker did not say what it serves.
    private struct Unanswered: Error {
        let problem: any Error
    }

    private func profile(of variant: ModelReference, _ name: String) async throws -> VariantProfile {
        let options = desk.options
        guard let registry, let endpoint = desk.endpoint(name) else {
            throw ServerError("expected a registry, found none")
        }
        let contextTokens = try await contextTokens(of: endpoint)
        let found = try await registry.use { registry in
            try RouteProfile.newest(
                of: variant, name: name, contextTokens: contextTokens, host: options.host, in: registry)
        }
        guard found.text == options.text else {
            throw ServerError("expected a profile on \(options.text), found one on \(found.text)")
        }
        return found.profile
    }

    /// - Throws: `Unanswered`.
    private func contextTokens(of endpoint: ModelEndpoint) async throws -> Int {
        do {
            let models = try await client.client.models(of: endpoint.live)
            guard let tokens = models.first?["max_model_len"]?.intValue else {
                throw ServerError("expected a context length of its worker, found none")
            }
            return tokens
        } catch { throw Unanswered(problem: error) }
    }

    /// Points production to what it pointed to before, where it still points to the variant that drifts.
    private func rollBack(_ wanted: RouteDesk.Rollback) async {
        let metadata: Logger.Metadata = ["route": "\(desk.name)", "model": "\(wanted.name)"]
        guard let registry, desk.endpoint(wanted.name)?.variant != nil else {
            return logger.warning("a variant that drifts does not follow production: it stays", metadata: metadata)
        }
        do {
            let move = try await registry.use { try Self.rollBack(wanted.variant, reason: wanted.reason, in: $0) }
            logger.warning(
                "production was rolled back", metadata: metadata.merging(["move": "\(move.json.serialized())"]) { $1 })
        } catch {
            logger.error("production was not rolled back", metadata: metadata.merging(["error": "\(error)"]) { $1 })
        }
    }

    /// - Throws: `RegistryError`, also where production points elsewhere by now.
    static func rollBack(_ live: ModelReference, reason: String, in registry: Registry) throws -> AliasMove {
        let by = Attribution(author: author, reason: "drift: \(reason)")
        return try registry.rollback(live.name, from: live, by: by)
    }

    private static let author = "terse serve"
}
