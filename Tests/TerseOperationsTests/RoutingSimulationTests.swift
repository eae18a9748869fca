import Foundation
import Testing

@testable import TerseOperations

@Suite struct RoutingSimulationTests {
    /// Requests whose loss by the small variant depends on whether they are prose, 0.02, or code, 0.3 bits per byte,
    /// and on nothing that can be known; answers that lose more begin less surely.
    private func trace(_ count: Int = 1200, promptTokens: Int? = nil) throws -> RoutingTrace {
        var noise = Noise(seed: 21)
        let requests = (0..<count).map { index in
            let isCode = noise.uniform() < 0.3
            let text = isCode ? "int x = f(y[0]);\nreturn {x};" : "It was the best of times, it was the worst of times."
            let length = Int(exp(4 + 2 * noise.uniform()))
            let tokens = promptTokens ?? length
            let bits = 1.5 + 0.4 * noise.normal()
            let loss = (isCode ? 0.3 : 0.02) + 0.05 * noise.normal()
            func answer(_ bits: Double, speed: Double) -> TracedAnswer {
                TracedAnswer(
                    bitsPerByte: max(0, bits), timeToFirstToken: Double(tokens) / 1000 / speed,
                    timePerOutputToken: 0.01 / speed, joules: Double(tokens + 640) / 100 / speed)
            }
            var small = answer(bits + loss, speed: 3)
            small.probeLogLikelihood = -1 - 5 * loss
            return TracedRequest(
                time: Double(index),
                features: RequestFeatures(texts: [text], promptTokens: tokens, outputTokensMax: 64),
                outputTokens: 64, answers: ["small": small, "large": answer(bits, speed: 1)])
        }
        return try RoutingTrace(profiles: [RoutingSample.small, RoutingSample.large], requests: requests)
    }

    private func rows(_ policies: [SimulatedPolicy], learningShare: Double = 0.5) throws -> [RoutingReport.Row] {
        try RoutingSimulation(try trace(), learningShare: learningShare).report(policies).rows
    }

    @Test func referencesAreMeans() throws {
        let trace = try trace()
        let report = try RoutingSimulation(trace, learningShare: 0.25).report([
            .always(variant: "small"), .always(variant: "large"), .random(share: 0.25),
        ])
        #expect(report.learned == 300 && report.judged == 900 && report.best == "large" && report.least == "small")
        let judged = trace.requests.dropFirst(300)
        func mean(_ value: (TracedRequest) -> Double) -> Double { judged.map(value).reduce(0, +) / 900 }
        for (row, variant) in zip(report.rows, ["small", "large"]) {
            #expect(abs(row.bitsPerByte - mean { $0.answers[variant]?.bitsPerByte ?? 0 }) < 1e-12)
            #expect(abs(row.joules - mean { $0.answers[variant]?.joules ?? 0 }) < 1e-9)
            #expect(abs(row.againstRandom) < 1e-12 && row.standardError < 1e-12)
        }
        let (small, large, random) = (report.rows[0], report.rows[1], report.rows[2])
        #expect(abs(small.timeRatio - 1 / 3) < 1e-9 && large.timeRatio == 1 && random.bestShare == 0.25)
        #expect(abs(random.seconds - (0.75 * small.seconds + 0.25 * large.seconds)) < 1e-12)
        #expect(abs(random.bitsPerByte - (0.75 * small.bitsPerByte + 0.25 * large.bitsPerByte)) < 1e-12)
    }

    /// No policy is below the oracle's curve, which weighs bits against seconds at one price for all.
    @Test func nobodyBeatsTheOracle() throws {
        let report = try RoutingSimulation(try trace()).report()
        let oracle = report.rows.filter { $0.policy == "oracle" }
        #expect(oracle.count > 5)
        let (small, large) = (report.rows[0], report.rows[1])
        for point in oracle {
            let weight = try #require(point.setting)
            let price = weight * (small.bitsPerByte - large.bitsPerByte) / (large.seconds - small.seconds)
            for row in report.rows {
                #expect(
                    point.bitsPerByte + price * point.seconds <= row.bitsPerByte + price * row.seconds + 1e-12, "\(row)"
                )
            }
        }
    }

    /// The router learns which requests are worth the large variant, and keeps its time; untaught it cannot know them.
    @Test func theRouterBeatsRandomMixing() throws {
        for row in try rows(TradeOff.Name.allCases.map { .router($0) }) {
            #expect(row.againstRandom < -0.02 && row.againstRandom < -5 * row.standardError, "\(row)")
        }
        let taught = try rows([.weighedRouter(timeWeight: 1)])[0]
        let untaught = try rows([.weighedRouter(timeWeight: 1)], learningShare: 0)[0]
        #expect(taught.againstRandom < untaught.againstRandom - 0.01, "\(taught), \(untaught)")
        #expect(abs(taught.bestShare - 0.3) < 0.05)
    }

    /// A policy of somebody's own is replayed as it is, but that it does not explore.
    @Test func ownPoliciesAreReplayed() throws {
        var own = RoutingPolicy(TradeOff(quality: 1, time: 1))
        own.explorationShare = RoutingPolicy.explorationShareMax
        var limited = own
        limited.limits.qualityLossMax = 0
        let rows = try rows([
            .weighedRouter(timeWeight: 1), .policy(name: "own", own), .policy(name: "limited", limited),
        ])
        #expect(rows.map(\.policy) == ["router", "policy own", "policy limited"] && rows[1].setting == nil)
        #expect(rows[1].bitsPerByte == rows[0].bitsPerByte && rows[1].seconds == rows[0].seconds)
        #expect(rows[2].bestShare > rows[1].bestShare)
    }

    /// Where the first tokens tell what an answer loses, a cascade beats random mixing.
    @Test func cascadesPayWhereTheyKnow() throws {
        let rows = try rows([.cascade(.share(0.3), timeWeight: 1), .cascade(.gain, timeWeight: 1.5)])
        #expect(abs(rows[0].bestShare - 0.3) < 0.06)
        for row in rows { #expect(row.againstRandom < -5 * row.standardError, "\(row)") }
    }

    /// Every escalated request takes the prompt and 16 tokens of the small variant besides what it takes of the large
    /// one.
    @Test func whatCascadesThrowAwayIsCounted() throws {
        let simulation = try RoutingSimulation(try trace(promptTokens: 300))
        let row = try #require(try simulation.report([.cascade(.share(0.3), timeWeight: 1)]).rows.first)
        let (small, large, begun) = (0.94 / 3, 0.94, (0.3 + 0.16) / 3)
        #expect(abs(row.seconds - (small + row.bestShare * (large + begun - small))) < 1e-9)
        let joules = (small: 9.4 / 3, large: 9.4)
        #expect(
            abs(
                row.joules
                    - (joules.small + row.bestShare * (joules.large - joules.small + joules.small * begun / small)))
                < 1e-9)
    }

    @Test func tablesLineUp() throws {
        let report = try RoutingSimulation(try trace()).report()
        let lines = report.lines
        #expect(lines.count == report.rows.count + 1 && Set(lines.map(\.count)).count == 1)
        #expect(lines[0].hasPrefix("policy ") && lines[1].hasPrefix("always small "))
        #expect(try JSONDecoder().decode(RoutingReport.self, from: JSONEncoder().encode(report)) == report)
    }

    @Test func badSettingsAreErrors() throws {
        let trace = try trace(3)
        for (learning, scored) in [(1, 1), (-0.1, 1), (Double.nan, 1), (0.5, 2)] as [(Double, Double)] {
            #expect(throws: RoutingError.self) {
                try RoutingSimulation(trace, learningShare: learning, scoredShare: scored)
            }
        }
        let simulation = try RoutingSimulation(trace, learningShare: 0)
        let policies: [SimulatedPolicy] = [
            .always(variant: "huge"), .random(share: 2), .weighedRouter(timeWeight: -1),
            .cascade(.share(2), timeWeight: 1),
            .oracle(timeWeight: .nan), .policy(name: "idle", RoutingPolicy(TradeOff(quality: 0))),
        ]
        for policy in policies { #expect(throws: RoutingError.self) { try simulation.report([policy]) } }
    }
}
