import Foundation
import Testing

@testable import TerseOperations

@Suite struct LearningTests {
    /// Beside the normal equations with fading weights, solved in Python.
    @Test func ridgeIsExact() {
        var model = RidgeModel(features: 3, priorDeviation: 0.5, noiseDeviation: 0.1)
        for step in 0..<200 {
            let time = Double(step)
            let x = [1, sin(time), cos(2 * time)]
            let y = 0.3 - 0.2 * x[1] + 0.1 * x[2] + 0.05 * sin(7 * time + 1)
            model.learn(x, y, weight: step % 3 == 0 ? 0.5 : 1)
        }
        let weights = [0.2998750414699882, -0.19969716868585516, 0.10001682100266589]
        for (weight, exact) in zip(model.weights, weights) { #expect(abs(weight - exact) < 1e-9) }
        let x = [1, 0.5, -0.25]
        #expect(abs(model.mean(x) - 0.17502225187639417) < 1e-9)
        #expect(abs(model.deviation(x) / model.noiseVariance.squareRoot() - 0.09943606311369164) < 1e-9)
        // The residuals are those of the sine, whose mean square is 0.05² / 2.
        #expect(abs(model.noiseVariance.squareRoot() - 0.05 / 2.squareRoot()) < 0.01)
    }

    /// Nothing learned for long makes a model unsure again, but never more than at the beginning; one outlier changes
    /// little.
    @Test func ridgeForgetsWithinBounds() {
        var model = RidgeModel(features: 2, priorDeviation: 0.5, noiseDeviation: 0.1)
        /// In units of the noise.
        func doubt() -> Double { model.deviation([0, 1]) / model.noiseVariance.squareRoot() }
        let before = doubt()
        for step in 0..<100 { model.learn([1, Double(step % 2)], Double(step % 3) * 0.1) }
        let sure = doubt()
        for step in 0..<100_000 { model.learn([1, 0], Double(step % 3) * 0.1) }
        #expect(sure < before / 5 && doubt() > 2 * sure && doubt() <= before * 1.5)
        let mean = model.mean([1, 0])
        let surprise = model.learn([1, 0], 1e6)
        #expect(surprise > 1e3 && abs(model.mean([1, 0]) - mean) < 0.01)
    }

    @Test func factorsFollowAndResist() {
        var factor = CorrectionFactor()
        #expect(factor.factor == 1)
        for _ in 0..<100 { factor.learn(observed: 3, predicted: 2) }
        #expect(abs(factor.factor - 1.5) < 0.01)
        // A stall of a minute is one observation.
        factor.learn(observed: 60, predicted: 0.001)
        #expect(abs(factor.factor - 1.5) < 0.02)
        // A lasting change is followed.
        for _ in 0..<300 { factor.learn(observed: 20, predicted: 2) }
        #expect(abs(factor.factor - 10) < 0.5)
        let last = factor
        for bad in [0, -1, Double.nan, .infinity] {
            #expect(
                factor.learn(observed: bad, predicted: 1) == nil && factor.learn(observed: 1, predicted: bad) == nil)
        }
        #expect(factor == last)
    }

    /// By Markov chains, computed apart, these thresholds have 998.6 and 99,852 observations between false alarms.
    @Test func thresholdsOfDrift() {
        #expect(abs(DriftDetector.threshold(1000) - 8.582473675890014) < 1e-9)
        #expect(abs(DriftDetector.threshold(1_000_000) - 22.306341800922542) < 1e-9)
    }

    /// False alarms are no more frequent than stated, whatever the baseline estimated; 200 runs of 5,000 observations
    /// with 1,000 between two would have 1,000 alarms.
    @Test func falseAlarmsAreRare() {
        var alarms = 0
        for seed in 0..<200 {
            var noise = Noise(seed: UInt64(seed))
            var detector = DriftDetector(observationsBetweenFalseAlarms: 1000)
            for _ in 0..<5000 where detector.add(noise.normal()) != nil { alarms += 1 }
        }
        #expect(alarms > 0 && alarms < 1000, "\(alarms)")
    }

    /// A change by one deviation is found within a hundred observations, and said to be one.
    @Test func driftIsFoundSoon() {
        var delays: [Int] = []
        for seed in 0..<100 {
            var noise = Noise(seed: UInt64(seed))
            var detector = DriftDetector(observationsBetweenFalseAlarms: 1_000_000)
            for _ in 0..<1000 { #expect(detector.add(5 + 0.1 * noise.normal()) == nil) }
            for delay in 1...500 {
                guard let alarm = detector.add(5.1 + 0.1 * noise.normal()) else { continue }
                delays.append(delay)
                #expect(alarm.growth > 0.05 && alarm.growth < 0.25 && alarm.observations <= delay + 100)
                break
            }
        }
        delays.sort()
        #expect(delays.count == 100 && delays[50] < 50 && delays[99] < 100, "\(delays)")
    }

    @Test func sharesFindTheirThreshold() {
        var recent = RecentLikelihoods()
        for value in 0..<15 { recent.add(Double(value)) }
        #expect(recent.threshold(share: 0.5) == nil)
        // Only the last ones count.
        for value in 0..<1000 { recent.add(-Double(value)) }
        #expect(recent.threshold(share: 0.25) == -935 && recent.threshold(share: 0) == -999)
        #expect(recent.threshold(share: 1) == -744)
        recent.add(.nan)
        #expect(recent.threshold(share: 0) == -999)
    }

    /// Losses of texts are learned by what the texts look like; half of the judge's usual disagreement is half the
    /// loss.
    @Test func lossesDependOnTheRequest() {
        let prose = FeatureVector.values(RequestFeatures(texts: ["It was the best of times."]))
        let code = FeatureVector.values(RequestFeatures(texts: ["int x = f(y[0]);\nreturn {x};"]))
        var noise = Noise(seed: 1)
        var texts = LossModel(profileLoss: 0.1), answers = LossModel(profileLoss: 0.1)
        let unsure = texts.predict(code).deviation
        #expect(texts.predict(prose).mean == 0.1 && unsure > 0)
        for _ in 0..<300 {
            for (x, loss) in [(prose, 0.05), (code, 0.25)] {
                _ = texts.learn(x, loss: loss + 0.1 * noise.normal(), probe: nil)
                answers.learn(x, disagreement: loss * 8 + 0.1 * noise.normal())
            }
        }
        #expect(abs(texts.predict(prose).mean - 0.05) < 0.02 && abs(texts.predict(code).mean - 0.25) < 0.02)
        #expect(texts.predict(code).deviation < unsure / 4)
        // The mean of both is the profile's.
        #expect(abs(answers.predict(prose).mean - 0.1 * 0.05 / 0.15) < 0.03)
        #expect(abs(answers.predict(code).mean - 0.1 * 0.25 / 0.15) < 0.03)
        var rated = texts
        for _ in 0..<20 { rated.learn(code, rating: -1) }
        #expect(rated.predict(code).mean > texts.predict(code).mean)
        for _ in 0..<40 { rated.learn(code, rating: 1) }
        #expect(rated.predict(code).mean < texts.predict(code).mean)
    }
}
