import Foundation
import TerseFormats
import TerseModel
import TerseRegistry
import TestSupport
import Testing

@testable import TerseEngine
@testable import TerseEvaluation
@testable import TerseProfiling

/// From what was measured to figures.
@Suite struct FigureTests {
    private func figure(
        _ figures: [Profile.Figure], _ quantity: Profile.Quantity, _ batch: Int = 1
    ) throws -> Profile.Figure {
        try #require(figures.first { $0.quantity == quantity.rawValue && $0.batch == batch })
    }

    /// Four prompts of 100 tokens at 200 to 800 tokens a second take 2 s to 0.5 s.
    @Test func latenciesComeFromTheSameRuns() throws {
        let rates = [200.0, 250, 400, 400, 500, 800]
        let joules = [1.0, 2, 3, 4, 5, 6]
        let results = [SpeedTest.prompts(4, of: 100), SpeedTest.streams(4, of: 50)].map {
            SpeedResult(test: $0, tokensPerSecond: rates, joulesPerToken: joules, bytesPerToken: 0)
        }
        let figures = SpeedProfile.figures(results, energy: .estimated)
        #expect(figures.count == 6 && figures.allSatisfy { $0.batch == 4 && $0.samples == 6 })
        let rate = try figure(figures, .promptRate, 4)
        #expect(rate.value == 400 && rate.low == 200 && rate.high == 800 && rate.basis == .measured)
        #expect(rate.unit == "token/s" && rate.method == "order_statistics")
        let first = try figure(figures, .timeToFirstToken, 4)
        #expect(first.value == 1 && first.low == 0.5 && first.high == 2 && first.unit == "s")
        let each = try figure(figures, .timePerOutputToken, 4)
        #expect(each.value == 0.01 && each.low == 0.005 && each.high == 0.02)
        let energy = try figure(figures, .generationEnergy, 4)
        #expect(energy.value == 3.5 && energy.basis == .estimated && energy.unit == "J/token")
        #expect(SpeedProfile.figures(results, energy: .measured).allSatisfy { $0.basis == .measured })
    }

    /// Windows of 2, 1.5 and 2.5 nats a token: their mean, and Student's 4.302653 times its error.
    @Test func qualityHasTheSpreadOfWindows() throws {
        let parts = [20.0, 15, 25].map { PerplexityResult.Part(nats: $0, tokens: 10, bytes: 40) }
        let result = PerplexityResult(
            perplexity: exp(2), standardError: 1, bitsPerByte: 0.5 / log(2), tokensScored: 30, windows: 3,
            windowTokensMax: 11, parts: parts)
        let figures = try QualityProfile.figures(result)
        let reach = 4.302653 * 0.5 / 3.0.squareRoot()
        let perplexity = try figure(figures, .perplexity)
        #expect(abs(perplexity.value - exp(2)) < 1e-9 && abs(perplexity.low - exp(2 - reach)) < 1e-5)
        #expect(abs(perplexity.high - exp(2 + reach)) < 1e-4 && perplexity.samples == 3)
        let bits = try figure(figures, .bitsPerByte)
        #expect(abs(bits.value - 0.5 / log(2)) < 1e-12 && abs(bits.high - (0.5 + reach / 4) / log(2)) < 1e-6)
        let short = PerplexityResult(
            perplexity: 1, standardError: 0, bitsPerByte: 1, tokensScored: 1, windows: 1, windowTokensMax: 2,
            parts: [parts[0]])
        #expect(throws: ProfilingError.self) { try QualityProfile.figures(short) }
    }

    @Test func divergenceStaysInItsRange() throws {
        let parts = [(0.1, 9), (0.9, 10), (0.2, 10)].map {
            Divergence.Part(nats: $0.0, agreements: $0.1, tokens: 10)
        }
        let result = Divergence(
            mean: 0.04, standardError: 0, percentile99: 0, greatest: 0, agreement: 29.0 / 30, tokens: 30, parts: parts)
        let figures = try QualityProfile.figures(result)
        let divergence = try figure(figures, .divergence)
        #expect(abs(divergence.value - 0.04) < 1e-12 && divergence.low == 0 && divergence.high > 0.1)
        let agreement = try figure(figures, .agreement)
        #expect(abs(agreement.value - 29.0 / 30) < 1e-12 && agreement.low < 0.95 && agreement.high == 1)
    }

    @Test func choicesAreShares() throws {
        let result = ChoiceResult(
            accuracy: 0.8, accuracyStandardError: 0, normalizedAccuracy: 0.3, normalizedAccuracyStandardError: 0,
            items: 10)
        let figures = QualityProfile.figures(result)
        #expect(abs(try figure(figures, .choiceAccuracy).low - 0.4901624715366418) < 1e-12)
        #expect(try figure(figures, .choiceAccuracyNormalized).value == 0.3)
    }

    /// A meter that counts a joule at each reading gives each run one, whatever its length; every repetition counts.
    @Test func aModelIsTimedInBatches() throws {
        let model = try Model(ModelFile.open(TestData.shippedStories))
        let speed = SpeedProfile(batches: [1, 3], promptTokens: 20, generatedTokens: 5)
        var base = RunnerOptions()
        // So small that prompts are cut and share passes.
        base.maxRows = 16
        let options = SpeedBench.options(for: speed.tests, base: base)
        let bench = try SpeedBench(try ModelRunner(model, threads: 2, options: options), tests: speed.tests)
        var (joules, calls) = (0.0, 0)
        let results = try bench.run(
            repetitions: 6,
            energy: {
                joules += 1
                return joules
            }, checkpoint: { _, _ in calls += 1 })
        #expect(results.map(\.test.tokenCount) == [20, 5, 60, 15] && calls >= 28)
        for result in results {
            #expect(result.joulesPerToken == [Double](repeating: 1 / Double(result.test.tokenCount), count: 6))
            #expect(result.tokensPerSecond.count == 6 && result.tokensPerSecond.allSatisfy { $0 > 0 })
        }
        let figures = SpeedProfile.figures(results, energy: .measured)
        #expect(try figure(figures, .promptEnergy, 3).value == 1.0 / 60)
        // A measurement of many runs: a joule for each run still.
        let start = ContinuousClock.now
        let longer = try bench.run(
            repetitions: 6, seconds: 0.02,
            energy: {
                joules += 1
                return joules
            }, checkpoint: { _, _ in })
        #expect(start.duration(to: .now) > .milliseconds(4 * 6 * 20))
        for result in longer {
            #expect(result.joulesPerToken.allSatisfy { abs($0 * Double(result.test.tokenCount) - 1) < 1e-9 })
        }
    }
}
