import CTerseKernels
import Foundation

/// How far apart two distributions are, and the gradients that bring the student's to the teacher's.
extension TrainingMath {
    /// How the divergences of a row enter the sum.
    public struct DivergenceWeights: Sendable {
        /// On the gradient of KL(teacher ‖ student) by the student's scores.
        public var forward: Double
        /// On the gradient of KL(student ‖ teacher).
        public var reverse: Double
        /// The student's scores are divided by this before the softmax.
        public var temperature: Double
        /// Likewise the teacher's, which may be log-probabilities already: then 1.
        public var teacherTemperature: Double

        public init(forward: Double, reverse: Double, temperature: Double, teacherTemperature: Double) {
            self.forward = forward
            self.reverse = reverse
            self.temperature = temperature
            self.teacherTemperature = teacherTemperature
        }
    }

    /// log Σ exp(factor · x), for a positive factor.
    public static func logSum(_ x: Input, count: Int, factor: Double) -> Double { kernels.log_sum(x, count, factor) }

    /// KL(teacher ‖ student) and KL(student ‖ teacher) of each row, unweighted, and the gradient of their weighted sum by
    /// the student's scores, which takes the place of the teacher's.
    /// - Parameters:
    ///   - student: [rows, columns], left as it is.
    ///   - teacher: [rows, columns].
    ///   - forward: [rows], and `reverse` alike.
    public static func divergence(
        _ student: Input, over teacher: Output, rows: Int, columns: Int, weights: DivergenceWeights,
        forward: UnsafeMutablePointer<Double>, reverse: UnsafeMutablePointer<Double>, team: ThreadTeam
    ) {
        let kernels = kernels
        VectorMath.forRows(rows, columns: columns, team) { row in
            let (x, t) = (student + row * columns, teacher + row * columns)
            var scale = terse_divergence()
            scale.student_factor = 1 / weights.temperature
            scale.student_log_sum = kernels.log_sum(x, columns, scale.student_factor)
            scale.teacher_factor = 1 / weights.teacherTemperature
            scale.teacher_log_sum = kernels.log_sum(t, columns, scale.teacher_factor)
            kernels.divergence(x, t, columns, &scale, forward + row, reverse + row)
            // By the chain rule: scaled scores are scores divided by the temperature.
            kernels.divergence_gradient(
                x, t, columns, &scale, weights.forward / weights.temperature, weights.reverse / weights.temperature,
                reverse[row])
        }
    }

    /// The distribution of which only the most probable outcomes are known, as log-probabilities of all: the others share
    /// what is left as the student shares it among them, so that divergences are those of the known outcomes and of one
    /// that stands for all others.
    /// - Parameters:
    ///   - student: [columns], its scores.
    ///   - temperature: of the student's scores, and that at which the outcomes are known.
    ///   - outcomes: the known ones, fewer than `columns`, and their log-probabilities.
    ///   - y: [columns].
    public static func complete(
        _ student: Input, columns: Int, temperature: Double,
        outcomes: UnsafeBufferPointer<(index: Int32, logProbability: Float)>, into y: Output
    ) {
        let kernels = kernels
        kernels.affine(student, columns, 1 / temperature, 0, y)
        var known = 0.0
        for outcome in outcomes {
            y[Int(outcome.index)] = -.infinity
            known += exp(Double(outcome.logProbability))
        }
        let rest = kernels.log_sum(y, columns, 1)
        kernels.affine(y, columns, 1, log(max(1 - known, restMin)) - rest, y)
        for outcome in outcomes { y[Int(outcome.index)] = Scalar(outcome.logProbability) }
    }

    /// What is left at least, so that the student's probability of what is left is never compared with nothing.
    private static var restMin: Double { 1e-6 }
}
