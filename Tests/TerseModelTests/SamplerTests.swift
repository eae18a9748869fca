import Foundation
import Testing

@testable import TerseModel

@Suite struct SamplerTests {
    /// Logits of a vocabulary with a long tail, some of them equal.
    private func logits(_ count: Int, seed: UInt64) -> [Float] {
        var random = RandomSource(seed: seed)
        return (0..<count).map { _ in Float((random.nextUniform() * 12 - 6) * 8).rounded() / 8 }
    }

    private func sample(_ sampler: inout Sampler, _ logits: [Float], _ candidates: CandidateSet) throws -> Int32 {
        var copy = logits
        return try copy.withUnsafeMutableBufferPointer { try sampler.sample($0, candidates: candidates) }
    }

    /// The chain as it reads: everything sorted, in double precision.
    private func reference(_ logits: [Float], _ policy: SamplingPolicy) -> [Int32: Double] {
        var kept = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }
        func probabilities(_ factor: Double = 1) -> [Double] {
            let greatest = kept.map { Double(logits[$0]) }.max() ?? 0
            let weights = kept.map { exp((Double(logits[$0]) - greatest) * factor) }
            let sum = weights.reduce(0, +)
            return weights.map { $0 / sum }
        }
        func cut(_ order: [(token: Int, probability: Double)], _ isEnough: (Double) -> Bool) -> [Int] {
            var (result, sum) = ([Int](), 0.0)
            for (token, probability) in order {
                result.append(token)
                sum += probability
                if isEnough(sum) { break }
            }
            return result
        }
        if policy.topK > 0 { kept = Array(kept.prefix(policy.topK)) }
        if policy.typicalP < 1 {
            let all = probabilities()
            let entropy = all.reduce(0) { $0 - $1 * log($1) }
            let order = zip(kept, all).sorted {
                (abs(-log($0.1) - entropy), $0.0) < (abs(-log($1.1) - entropy), $1.0)
            }
            let few = Set(cut(order.map { ($0.0, $0.1) }) { $0 > Double(policy.typicalP) })
            kept = kept.filter(few.contains)
        }
        if policy.topP < 1 {
            kept = cut(zip(kept, probabilities()).map { ($0, $1) }) { $0 >= Double(policy.topP) }
        }
        if policy.minP > 0 {
            let all = probabilities()
            kept = zip(kept, all).filter { $0.1 >= all[0] * Double(policy.minP) }.map(\.0)
        }
        return Dictionary(
            uniqueKeysWithValues: zip(kept.map(Int32.init), probabilities(1 / Double(policy.temperature))))
    }

    /// Fifty random policies on vocabularies of several sizes: the same tokens with the same probabilities.
    @Test(arguments: [5, 40, 1000])
    func theChainIsTheReferences(count: Int) throws {
        var random = RandomSource(seed: UInt64(count))
        let candidates = try CandidateSet(vocabularySize: count)
        for round in 0..<50 {
            func either(_ value: Float, _ off: Float) -> Float { random.next() % 2 == 0 ? value : off }
            var policy = SamplingPolicy()
            policy.temperature = Float(0.2 + 1.6 * random.nextUniform())
            policy.topK = random.next() % 2 == 0 ? 0 : Int(random.next() % 60)
            policy.topP = either(Float(0.3 + 0.69 * random.nextUniform()), 1)
            policy.minP = either(Float(0.2 * random.nextUniform()), 0)
            policy.typicalP = either(Float(0.3 + 0.69 * random.nextUniform()), 1)
            policy.seed = 1
            let logits = logits(count, seed: UInt64(round))
            let expected = reference(logits, policy)
            var sampler = try Sampler(policy, vocabularySize: count)
            let token = try sample(&sampler, logits, candidates)
            let found = Dictionary(
                uniqueKeysWithValues: (0..<candidates.count).map {
                    (candidates.token(at: $0), Double(candidates.probability(at: $0)))
                })
            #expect(Set(found.keys) == Set(expected.keys), "\(policy)")
            #expect(expected.allSatisfy { abs($1 - (found[$0] ?? 0)) < 1e-5 })
            #expect(expected[token] != nil)
        }
    }

    /// 20,000 draws against the probabilities, by chi-square.
    @Test(arguments: [0, 12])
    func frequenciesAreTheProbabilities(topK: Int) throws {
        var policy = SamplingPolicy()
        (policy.temperature, policy.topK, policy.topP, policy.minP, policy.seed) = (1.3, topK, 1, 0, 99)
        let logits = (0..<24).map { 0.2 * Float($0 * 7 % 24) }
        let expected = reference(logits, policy)
        let candidates = try CandidateSet(vocabularySize: 24)
        var sampler = try Sampler(policy, vocabularySize: 24)
        var counts: [Int32: Int] = [:]
        let draws = 20_000
        for _ in 0..<draws { counts[try sample(&sampler, logits, candidates), default: 0] += 1 }
        #expect(Set(counts.keys).isSubset(of: expected.keys))
        let statistic = expected.reduce(0.0) { sum, entry in
            let wanted = entry.value * Double(draws)
            let difference = Double(counts[entry.key] ?? 0) - wanted
            return sum + difference * difference / wanted
        }
        // 99.9 % points of chi-square with 23 and 11 degrees of freedom.
        #expect(statistic < (topK == 0 ? 49.7 : 31.3), "\(statistic)")
    }

    @Test func greedyTakesTheFirstOfTheGreatest() throws {
        var sampler = try Sampler(.greedy, vocabularySize: 5)
        let candidates = try CandidateSet(vocabularySize: 5)
        #expect(try sample(&sampler, [1, 3, -2, 3, 0], candidates) == 1)
        #expect(try sample(&sampler, [-.infinity, -5, -.infinity, -.infinity, -6], candidates) == 1)
    }

    @Test func sameSeedSameTokens() throws {
        let logits = logits(500, seed: 3)
        let candidates = try CandidateSet(vocabularySize: 500)
        func draw(_ seed: UInt64) throws -> [Int32] {
            var policy = SamplingPolicy()
            policy.seed = seed
            var sampler = try Sampler(policy, vocabularySize: 500)
            return try (0..<50).map { _ in try sample(&sampler, logits, candidates) }
        }
        #expect(try draw(1) == draw(1))
        #expect(try draw(1) != draw(2))
    }

    /// Once and three times in the window, positive and negative, by hand.
    @Test func penaltiesAreLlamaCpps() throws {
        var policy = SamplingPolicy.greedy
        policy.repetitionPenalty = 2
        policy.presencePenalty = 0.5
        policy.frequencyPenalty = 0.25
        policy.penaltyWindow = 4
        var sampler = try Sampler(policy, vocabularySize: 6)
        for token: Int32 in [5, 1, 2, 2, 2] { sampler.accept(token) }
        var logits: [Float] = [1, 3, -1, 0.5, 0, 4]
        let candidates = try CandidateSet(vocabularySize: 6)
        let token = try logits.withUnsafeMutableBufferPointer { try sampler.sample($0, candidates: candidates) }
        // 3 / 2 − 0.25 − 0.5 and −1 · 2 − 3 · 0.25 − 0.5; token 5 has left the window.
        let expected: [Float] = [1, 0.75, -3.25, 0.5, 0, 4]
        #expect(logits == expected)
        #expect(token == 5)
    }

    /// A copy goes its own way.
    @Test func copiesRememberTheirOwnTokens() throws {
        var policy = SamplingPolicy.greedy
        (policy.frequencyPenalty, policy.penaltyWindow) = (1, 3)
        var first = try Sampler(policy, vocabularySize: 4)
        first.accept(1)
        var second = first
        for token: Int32 in [2, 2, 2] { second.accept(token) }
        let candidates = try CandidateSet(vocabularySize: 4)
        // Token 1 has lost 1 in the original and nothing in the copy, where three of token 2 have pushed it out.
        #expect(try sample(&first, [0, 0.5, 0.25, -3], candidates) == 2)
        #expect(try sample(&second, [0, 0.5, 2.25, -3], candidates) == 1)
    }

    /// However cold and however great the logits: chance among the greatest alone, and never a number that is none.
    @Test(arguments: [Float.leastNonzeroMagnitude, 1e-30, 1e-3, 0.5])
    func coldSamplingTakesTheGreatest(temperature: Float) throws {
        var policy = SamplingPolicy()
        (policy.temperature, policy.topK, policy.topP, policy.minP, policy.seed) = (temperature, 0, 1, 0, 3)
        var sampler = try Sampler(policy, vocabularySize: 4)
        let candidates = try CandidateSet(vocabularySize: 4)
        for scale: Float in [1, 1e30, 3e38] {
            for _ in 0..<20 {
                let token = try sample(&sampler, [-scale, scale, 0, scale * 0.99 - 40], candidates)
                #expect(token == 1 || temperature == 0.5 && scale == 1)
            }
            #expect((0..<candidates.count).allSatisfy { candidates.probability(at: $0).isFinite })
        }
    }

    @Test func biasForcesAndForbids() throws {
        var policy = SamplingPolicy()
        policy.logitBias = [3: -.infinity, 1: 100]
        policy.seed = 5
        var sampler = try Sampler(policy, vocabularySize: 4)
        let candidates = try CandidateSet(vocabularySize: 4)
        for _ in 0..<20 { #expect(try sample(&sampler, [0, 0, 0, 50], candidates) == 1) }
        policy.logitBias = [0: -.infinity, 1: -.infinity]
        (policy.topK, policy.topP, policy.minP) = (0, 1, 0)
        sampler = try Sampler(policy, vocabularySize: 4)
        for _ in 0..<50 { #expect(try sample(&sampler, [9, 9, 0, 0], candidates) >= 2) }
    }

    @Test func whatIsNoNumberIsRefused() throws {
        let candidates = try CandidateSet(vocabularySize: 3)
        for policy in [SamplingPolicy.greedy, SamplingPolicy()] {
            var sampler = try Sampler(policy, vocabularySize: 3)
            for logits in [[0, .nan, 1], [0, .infinity, 1], [-.infinity, -.infinity, -.infinity]] as [[Float]] {
                let error = #expect(throws: ModelError.self) { try sample(&sampler, logits, candidates) }
                #expect(error?.code == .notFinite)
            }
            #expect(throws: ModelError(.badRequest, "sampling: expected 3 logits, found 2")) {
                try sample(&sampler, [0, 1], candidates)
            }
        }
    }

    static let bad: [(String, @Sendable (inout SamplingPolicy) -> Void)] = [
        ("temperature: expected 0.0…100.0, found -1.0", { $0.temperature = -1 }),
        ("temperature: expected 0.0…100.0, found nan", { $0.temperature = .nan }),
        ("top_k: expected 0 or more, found -1", { $0.topK = -1 }),
        ("top_p: expected above 0…1.0, found 0.0", { $0.topP = 0 }),
        ("min_p: expected 0.0…1.0, found 1.5", { $0.minP = 1.5 }),
        ("typical_p: expected above 0…1.0, found 2.0", { $0.typicalP = 2 }),
        ("repetition_penalty: expected 0.01…100.0, found 0.0", { $0.repetitionPenalty = 0 }),
        ("penalty window: expected 0…65536, found -1", { $0.penaltyWindow = -1 }),
        ("logit_bias: expected tokens 0…9, found 10", { $0.logitBias = [10: 1] }),
        ("logit_bias: expected a finite bias for token 1, found nan", { $0.logitBias = [1: .nan] }),
    ]

    @Test(arguments: bad)
    func parametersOutOfRangeAreRefused(message: String, change: @Sendable (inout SamplingPolicy) -> Void) {
        var policy = SamplingPolicy()
        change(&policy)
        #expect(throws: ModelError(.badRequest, message)) { try Sampler(policy, vocabularySize: 10) }
    }
}
