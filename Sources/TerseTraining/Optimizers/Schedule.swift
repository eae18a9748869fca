import Foundation

/// How learning rate and weight decay run over a training run: both as factors on their peaks.
public struct Schedule: Sendable, Equatable {
    /// The course of the learning rate after warm-up.
    public enum Course: Sendable, Equatable {
        /// The peak to the end.
        case constant
        /// Straight from the peak to `floor`.
        case linear
        /// Half a cosine from the peak to `floor` (arXiv:1608.03983).
        case cosine
        /// Warm-up, stable, decay: the peak, then straight to `floor` over the last `decayFraction` of all steps
        /// (arXiv:2404.06395).
        case wsd(decayFraction: Double)
        /// BitNet b1.58's: straight down as if to 0 at the end; from the midpoint on, `secondPeak` times as high and
        /// without weight decay ("The Era of 1-bit LLMs: Training Tips, Code and FAQ", 2024).
        case twoStage(secondPeak: Double)
    }

    public var course: Course
    /// All steps of the run.
    public var stepCount: Int
    /// Steps over which the rate rises from nothing to its peak.
    public var warmUpSteps: Int
    /// The least factor after warm-up.
    public var floor: Double

    /// - Throws: `TrainingError` (`invalid`) for more steps of warm-up than steps.
    public init(
        _ course: Course, stepCount: Int, warmUpSteps: Int = 0, floor: Double = 0
    ) throws(TrainingError) {
        guard stepCount > 0, (0...stepCount).contains(warmUpSteps) else {
            throw TrainingError(
                .invalid,
                "schedule.warm_up_steps: expected at most the \(stepCount) steps of the run, found \(warmUpSteps)")
        }
        self.course = course
        self.stepCount = stepCount
        self.warmUpSteps = warmUpSteps
        self.floor = floor
    }

    /// The factor on the learning rate of step `step`, counted from 0.
    public func rate(at step: Int) -> Double {
        if step < warmUpSteps { return Double(step + 1) / Double(warmUpSteps) }
        let progress = progress(at: step)
        switch course {
        case .constant: return 1
        case .linear: return floor + (1 - floor) * (1 - progress)
        case .cosine: return floor + (1 - floor) * 0.5 * (1 + cos(.pi * progress))
        case .wsd(let fraction):
            let decaySteps = fraction * Double(stepCount)
            let left = Double(max(stepCount - step, 0))
            return left >= decaySteps ? 1 : floor + (1 - floor) * left / decaySteps
        case .twoStage(let peak): return max(floor, (1 - progress) * (isSecondStage(step) ? peak : 1))
        }
    }

    /// The factor on weight decay of step `step`, counted from 0.
    public func weightDecay(at step: Int) -> Double {
        if case .twoStage = course, isSecondStage(step) { return 0 }
        return 1
    }

    private func isSecondStage(_ step: Int) -> Bool { 2 * step >= stepCount }

    /// 0 at the end of warm-up, 1 after the last step.
    private func progress(at step: Int) -> Double {
        let length = stepCount - warmUpSteps
        return length == 0 ? 1 : min(1, Double(step - warmUpSteps) / Double(length))
    }
}
