import Foundation
import Logging
import Synchronization
import TerseOperations

/// Where a route's requests are given to variants, and where what becomes of them is told. Nobody who comes here waits: what
/// takes time lies ready for `RouteAides`, within bounds beyond which it is dropped.
final class RouteDesk: Sendable {
    let name: String
    let options: RouteOptions
    /// In the order of the profiles.
    let deployments: [Deployment]
    let figures = RouteFigures()
    /// Answers that wait for the judge.
    let answers: AsyncStream<JudgedAnswer>
    /// Variants that have become worse, and why somebody thinks so.
    let rollbacks: AsyncStream<(variant: String, reason: String)>
    private let putAnswer: AsyncStream<JudgedAnswer>.Continuation
    private let putRollback: AsyncStream<(variant: String, reason: String)>.Continuation
    private let router: Mutex<TerseOperations.Router>
    private let best: String
    private let judgeShare: Double
    private let logger: Logger

    static let answersMax = 16

    /// - Parameters:
    ///   - deployments: of all served models.
    ///   - router: of the route's plan.
    ///   - judgeShare: of the answers that the best variant did not give, how many it judges.
    init(
        _ options: RouteOptions, _ deployments: [Deployment], _ router: TerseOperations.Router, judgeShare: Double,
        logger: Logger
    ) {
        (name, self.options, self.judgeShare, self.logger) = (options.name, options, judgeShare, logger)
        self.deployments = options.plan.profiles.compactMap { profile in
            deployments.first { $0.model == profile.name }
        }
        best = router.bestVariant
        self.router = Mutex(router)
        (answers, putAnswer) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.answersMax))
        (rollbacks, putRollback) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(RouteOptions.variantsMax))
    }

    /// The variants' names, in the order of the profiles.
    var names: [String] { options.plan.profiles.map(\.name) }

    func deployment(_ variant: String) -> Deployment? { deployments.first { $0.model == variant } }

    /// The one whose quality the others' is measured by.
    var judge: Deployment? { deployment(best) }

    /// What was learned, how variants turned out beside their profiles, and the last decisions.
    var knowledge: RouterKnowledge { router.withLock { $0.knowledge } }
    var corrections: [VariantCorrection] { router.withLock { $0.corrections } }

    func recentDecisions(_ count: Int) -> [RoutingRecord] { router.withLock { $0.recentDecisions(count) } }

    private static var now: Double { Date().timeIntervalSince1970 }

    // MARK: Requests

    /// Says who gets a request, by how busy the variants are as far as the gateway knows.
    /// - Parameter start: when it began to look at the request.
    func decide(_ features: RequestFeatures, since start: ContinuousClock.Instant) -> RoutingDecision {
        let situation = ResourceSituation(deployments.map(\.live.situation))
        let decision = router.withLock { $0.decide(features, situation, at: .seconds(Self.now)) }
        figures.decisionTime.observe(start.duration(to: .now))
        figures.count(decision)
        return decision
    }

    /// Whether the best variant begins an answer anew.
    func escalates(_ decision: RoutingDecision, meanLogLikelihood: Double) -> Bool {
        let escalates = router.withLock { $0.escalates(decision.number, meanLogLikelihood: meanLogLikelihood) }
        if escalates { figures.count(\.escalations) }
        return escalates
    }

    /// Whether the best variant is to judge what another one answers.
    func wantsJudgement(of variant: String) -> Bool { variant != best && .random(in: 0..<1) < judgeShare }

    // MARK: Learning

    func observe(_ outcome: RoutedOutcome) {
        figures.countAnswer(of: outcome.variant)
        carryOut(router.withLock { $0.observe(outcome) })
    }

    func learn(_ evidence: QualityEvidence, of features: RequestFeatures) {
        switch evidence {
        case .rating: figures.count(\.ratings)
        case .answer, .text: figures.count(\.judgements)
        }
        carryOut(router.withLock { $0.learn(evidence, of: features) })
    }

    /// Has an answer judged when there is time.
    func offer(_ answer: JudgedAnswer) { putAnswer.yield(answer) }

    private func carryOut(_ actions: [RoutingAction]) {
        for action in actions {
            switch action {
            case .alarm(let alarm):
                figures.add(alarm, at: Self.now)
                logger.warning("a variant drifts", metadata: ["route": "\(name)", "alarm": "\(alarm)"])
            case .rollBack(let variant, let reason): putRollback.yield((variant, reason))
            }
        }
    }
}
