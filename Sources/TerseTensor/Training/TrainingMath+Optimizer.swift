import CTerseKernels

/// Steps of the optimiser.
extension TrainingMath {
    /// The numbers of one step of AdamW.
    public struct AdamStep: Sendable {
        /// The learning rate.
        public var rate: Double
        /// How much of the mean of gradients is kept from step to step.
        public var beta1: Double
        /// The same of the mean of their squares.
        public var beta2: Double
        /// Added to the root of the mean square.
        public var epsilon: Double
        /// What is taken from each weight, times the rate.
        public var weightDecay: Double
        /// Counted from 1.
        public var number: Int
        /// On the gradient, for clipping.
        public var gradientFactor: Double

        /// Any step of the optimiser.
        public init(
            rate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, number: Int,
            gradientFactor: Double = 1
        ) {
            self.rate = rate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
            self.number = number
            self.gradientFactor = gradientFactor
        }
    }

    /// AdamW with decoupled weight decay (arXiv:1711.05101), as PyTorch computes it.
    /// - Parameters:
    ///   - weights: [count], changed.
    ///   - means: [count], the running means of gradients, and `squares` of their squares; zeros before step 1.
    public static func adamW(
        _ weights: Output, gradients: Input, means: Output, squares: Output, count: Int, _ step: AdamStep,
        team: ThreadTeam
    ) {
        let kernels = kernels
        var numbers = terse_adamw()
        numbers.rate = step.rate
        numbers.beta1 = step.beta1
        numbers.beta2 = step.beta2
        numbers.epsilon = step.epsilon
        numbers.kept = 1 - step.rate * step.weightDecay
        numbers.correction1 = 1 - power(step.beta1, step.number)
        numbers.correction2 = 1 - power(step.beta2, step.number)
        numbers.gradient_factor = step.gradientFactor
        withUnsafePointer(to: numbers) { numbers in
            forRanges(count, team) { start, length in
                kernels.adamw(weights + start, gradients + start, means + start, squares + start, length, numbers)
            }
        }
    }

    /// `base` to a whole power, by squaring.
    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}
