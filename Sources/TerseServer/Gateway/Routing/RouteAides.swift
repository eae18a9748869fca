import Logging
import ServiceLifecycle
import TerseOperations
import TerseRegistry

/// What a route needs done beside clients' requests, one thing of a kind at a time: answers judged, aliases moved back.
struct RouteAides: Service {
    let desk: RouteDesk
    let client: TrialClient
    let registry: RegistryAccess?
    /// The variants that production pointed to when the server was started, by what clients call the models.
    let live: [String: ModelReference]
    let logger: Logger

    /// Between two looks whether a worker is idle, and how long an answer waits for that.
    static let pause = Duration.milliseconds(100)
    static let patience = Duration.seconds(60)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { for await answer in desk.answers { await judge(answer) } }
                group.addTask { for await rollback in desk.rollbacks { await rollBack(rollback) } }
            }
        }
        try? await gracefulShutdown()
    }

    /// Has the best variant, and the one that gave an answer, say how probable they find it, when nobody needs them.
    private func judge(_ judged: JudgedAnswer) async {
        guard let text = judged.answer.text, let judge = desk.judge, let author = desk.deployment(judged.variant),
            // A probability of a token says nothing beside that of another's token.
            !author.live.hasOtherTokens(than: judge.live)
        else { return }
        let wanted = ScoreRequest(origin: judged.request.path, body: judged.request.body, answer: text)
        let deadline = ContinuousClock.now + Self.patience
        var scores: [Double] = []
        var agreement = 0.0
        for deployment in [author, judge] {
            while !deployment.live.isIdle {
                guard ContinuousClock.now < deadline, (try? await Task.sleep(for: Self.pause)) != nil else { return }
            }
            guard let score = await client.score(wanted, by: deployment.live) else { return }
            scores.append(score.mean)
            agreement = score.agreement
        }
        desk.learn(
            .answer(variant: judged.variant, logLikelihood: scores[0], judged: scores[1], agreement: agreement),
            of: judged.features)
    }

    /// Points production to what it pointed to before, where it still points to the variant that drifts.
    private func rollBack(_ wanted: (variant: String, reason: String)) async {
        let metadata: Logger.Metadata = ["route": "\(desk.name)", "model": "\(wanted.variant)"]
        guard let registry, let live = live[wanted.variant] else {
            return logger.warning("a variant that drifts does not follow production: it stays", metadata: metadata)
        }
        do {
            let move = try await registry.use { try Self.rollBack(live, reason: wanted.reason, in: $0) }
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
