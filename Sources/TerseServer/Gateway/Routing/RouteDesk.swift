import Foundation
import Logging
import Synchronization
import TerseOperations
import TerseRegistry

/// Where a route's requests are given to variants, and where what becomes of them is told. Nobody who comes here waits: what
/// takes time lies ready for `RouteAides`, within bounds beyond which it is dropped.
final class RouteDesk: Sendable {
    let name: String
    /// The variants' names, in the order of the profiles.
    let names: [String]
    /// In the order of the profiles.
    let endpoints: [ModelEndpoint]
    let figures = RouteFigures()
    /// Answers that wait for the judge.
    let answers: AsyncStream<JudgedAnswer>
    /// Variants that have become worse, and why somebody thinks so.
    let rollbacks: AsyncStream<Rollback>
    private let putAnswer: AsyncStream<JudgedAnswer>.Continuation
    private let putRollback: AsyncStream<Rollback>.Continuation
    private let state: Mutex<State>
    private let judgeShare: Double
    private let power: PowerWatch?
    private let logger: Logger

    /// What is to be served no longer.
    struct Rollback: Sendable {
        /// What clients call the model.
        let name: String
        /// The variant that the evidence is of.
        let variant: ModelReference
        let reason: String
    }

    private struct State {
        var router: TerseOperations.Router
        var options: RouteOptions
    }

    static let answersMax = 16

    /// - Parameters:
    ///   - endpoints: of all served models.
    ///   - router: of the route's plan.
    ///   - judgeShare: of the answers that the best variant did not give, how many it judges.
    ///   - power: what the host takes; nil where that is nobody's concern.
    init(
        _ options: RouteOptions, _ endpoints: [ModelEndpoint], _ router: TerseOperations.Router, judgeShare: Double,
        power: PowerWatch? = nil, logger: Logger
    ) {
        (name, self.judgeShare, self.power, self.logger) = (options.name, judgeShare, power, logger)
        names = options.plan.profiles.map(\.name)
        self.endpoints = options.plan.profiles.compactMap { profile in
            endpoints.first { $0.model == profile.name }
        }
        state = Mutex(State(router: router, options: options))
        (answers, putAnswer) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.answersMax))
        (rollbacks, putRollback) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(RouteOptions.variantsMax))
    }

    /// What it goes by now: variants and their profiles may have been replaced since the server was started.
    var options: RouteOptions { state.withLock(\.options) }

    func endpoint(_ variant: String) -> ModelEndpoint? { endpoints.first { $0.model == variant } }

    /// The one whose quality the others' is measured by.
    var judge: ModelEndpoint? { endpoint(bestVariant) }

    private var bestVariant: String { state.withLock(\.router.bestVariant) }

    /// How variants turned out beside their profiles.
    var corrections: [VariantCorrection] { state.withLock(\.router.corrections) }

    func recentDecisions(_ count: Int) -> [RoutingRecord] { state.withLock { $0.router.recentDecisions(count) } }

    /// What was learned, with what it was learned of.
    var saved: SavedKnowledge { state.withLock { SavedKnowledge($0.options, $0.router.knowledge) } }

    private static var now: Double { Date().timeIntervalSince1970 }

    // MARK: Requests

    /// Says who gets a request, by how busy the variants are as far as the gateway knows.
    /// - Parameter start: when it began to look at the request.
    func decide(_ features: RequestFeatures, since start: ContinuousClock.Instant) -> RoutingDecision {
        let situation = ResourceSituation(endpoints.map(\.live.situation), wattsFree: power?.wattsFree)
        let decision = state.withLock { $0.router.decide(features, situation, at: .seconds(Self.now)) }
        figures.decisionTime.observe(start.duration(to: .now))
        figures.count(decision)
        return decision
    }

    /// Whether the best variant begins an answer anew.
    func escalates(_ decision: RoutingDecision, meanLogLikelihood: Double) -> Bool {
        let escalates = state.withLock { $0.router.escalates(decision.number, meanLogLikelihood: meanLogLikelihood) }
        if escalates { figures.count(\.escalations) }
        return escalates
    }

    /// Whether the best variant is to judge what another one answers.
    func wantsJudgement(of variant: String) -> Bool { variant != bestVariant && .random(in: 0..<1) < judgeShare }

    // MARK: Variants

    /// Variants that are not live any more, by what clients call the model, and what is live in their place.
    var moves: [(name: String, variant: ModelReference)] {
        let variants = state.withLock(\.options.variants)
        return zip(names, variants).compactMap { name, known in
            guard let live = endpoint(name)?.variant, live != known else { return nil }
            return (name, live)
        }
    }

    /// Goes on with another variant of a model; what was learned of the one before is forgotten.
    /// - Parameter profile: nil where there is none: that of the one before stays.
    /// - Throws: `RoutingError` for a profile that is wrong; then nothing has changed.
    func adopt(_ variant: ModelReference, of name: String, _ profile: VariantProfile?) throws {
        try state.withLock { state in
            guard let index = names.firstIndex(of: name) else { return }
            try state.router.replace(profile ?? state.router.plan.profiles[index])
            state.options.plan = state.router.plan
            state.options.variants[index] = variant
        }
    }

    // MARK: Learning

    func observe(_ outcome: RoutedOutcome) {
        figures.countAnswer(of: outcome.variant)
        carryOut { $0.observe(outcome) }
    }

    /// - Parameter number: that of the decision; an answer of a variant that is not live any more teaches nothing.
    func learn(_ evidence: QualityEvidence, of features: RequestFeatures, decision number: Int) {
        switch evidence {
        case .rating: figures.count(\.ratings)
        case .answer, .text: figures.count(\.judgements)
        }
        carryOut { $0.learn(evidence, of: features, decision: number) }
    }

    /// Has an answer judged when there is time.
    func offer(_ answer: JudgedAnswer) { putAnswer.yield(answer) }

    private func carryOut(_ learn: (inout TerseOperations.Router) -> [RoutingAction]) {
        let (actions, variants) = state.withLock { (learn(&$0.router), $0.options.variants) }
        for action in actions {
            switch action {
            case .alarm(let alarm):
                figures.add(alarm, at: Self.now)
                logger.warning("a variant drifts", metadata: ["route": "\(name)", "alarm": "\(alarm)"])
            case .rollBack(let name, let reason):
                guard let index = names.firstIndex(of: name) else { continue }
                putRollback.yield(Rollback(name: name, variant: variants[index], reason: reason))
            }
        }
    }
}
