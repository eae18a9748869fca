import TerseEngine
import TerseRegistry

/// What is timed for a profile: prompts that come at once and sequences generated at once, in batches of several sizes.
public struct SpeedProfile: Sendable, Equatable {
    /// Sequences computed together.
    public let batches: [Int]
    /// Tokens of each prompt.
    public let promptTokens: Int
    /// Tokens that each sequence generates.
    public let generatedTokens: Int

    /// - Parameter batches: at least one, each from 1 on, none twice.
    public init(batches: [Int], promptTokens: Int, generatedTokens: Int) {
        self.batches = batches
        self.promptTokens = promptTokens
        self.generatedTokens = generatedTokens
    }

    /// What one measurement takes at least, of as many runs as that needs: RAPL's counters move once a millisecond.
    public static let repetitionSeconds = 0.1

    /// A pair for each batch, in order.
    public var tests: [SpeedTest] {
        batches.flatMap {
            [SpeedTest.prompts($0, of: promptTokens), SpeedTest.streams($0, of: generatedTokens)]
        }
    }

    /// Medians over the repetitions.
    ///
    /// Latencies are those of an idle host: from the moment that so many prompts are there until the last of them has its
    /// first token, and a step that gives each sequence one more.
    /// - Parameters:
    ///   - results: of `tests`, in their order.
    ///   - energy: how the joules in them are known.
    public static func figures(_ results: [SpeedResult], energy: Profile.Figure.Basis) -> [Profile.Figure] {
        results.flatMap { result in
            let test = result.test
            let seconds = result.tokensPerSecond.map { Double(test.tokenCount) / $0 }
            let rate = Interval.median(of: result.tokensPerSecond)
            let joules = Interval.median(of: result.joulesPerToken)
            func figure(
                _ quantity: Profile.Quantity, _ interval: Interval, _ basis: Profile.Figure.Basis = .measured
            ) -> Profile.Figure {
                Profile.Figure(quantity, batch: test.streams, interval, basis: basis)
            }
            if test.kind == .prompt {
                return [
                    figure(.promptRate, rate), figure(.timeToFirstToken, .median(of: seconds)),
                    figure(.promptEnergy, joules, energy),
                ]
            }
            return [
                figure(.generationRate, rate),
                figure(.timePerOutputToken, .median(of: seconds.map { $0 / Double(test.size) })),
                figure(.generationEnergy, joules, energy),
            ]
        }
    }
}
