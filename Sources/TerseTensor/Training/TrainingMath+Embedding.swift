import CTerseKernels

/// Looking tokens up, and the loss of predicting them.
extension TrainingMath {
    /// `y` = the rows of `table` that `tokens` name.
    /// - Parameters:
    ///   - table: [vocabulary, columns].
    ///   - tokens: [rows], each below the vocabulary's size.
    public static func embed(
        _ table: Input, tokens: UnsafePointer<Int32>, rows: Int, columns: Int, into y: Output, team: ThreadTeam
    ) {
        VectorMath.forRows(rows, columns: columns, team) { row in
            (y + row * columns).update(from: table + Int(tokens[row]) * columns, count: columns)
        }
    }

    /// Adds each row of `dy` to the row of `gradient` that its token names, in the order of rows.
    public static func embedGradient(
        dy: Input, tokens: UnsafePointer<Int32>, rows: Int, columns: Int, addingTo gradient: Output, team: ThreadTeam
    ) {
        let kernels = kernels
        forStrips(columns, team) { start, count in
            for row in 0..<rows {
                kernels.combine(
                    gradient + Int(tokens[row]) * columns + start, 1, dy + row * columns + start, 1, count)
            }
        }
    }

    /// How the loss of a row of logits enters the sum.
    public struct LossWeights: Sendable {
        /// On each row's loss.
        public var factor: Double
        /// On the square of log Σ exp of the logits (z-loss, arXiv:2204.02311), beside the cross-entropy.
        public var zLoss: Double

        public init(factor: Double, zLoss: Double = 0) {
            self.factor = factor
            self.zLoss = zLoss
        }
    }

    /// Cross-entropy of each row's target, and the gradient of its weighted sum in place of the logits.
    /// - Parameters:
    ///   - logits: [rows, vocabulary].
    ///   - targets: [rows]; a negative one asks for nothing: loss and gradient are 0.
    ///   - losses: [rows], gets the cross-entropy in nats, unweighted and without z-loss.
    ///   - weights: nil leaves the logits as they are.
    public static func crossEntropy(
        _ logits: Output, targets: UnsafePointer<Int32>, rows: Int, vocabulary: Int,
        losses: UnsafeMutablePointer<Double>, weights: LossWeights?, team: ThreadTeam
    ) {
        let kernels = kernels
        VectorMath.forRows(rows, columns: vocabulary, team) { row in
            let x = logits + row * vocabulary
            guard targets[row] >= 0 else {
                losses[row] = 0
                if weights != nil { x.update(repeating: 0, count: vocabulary) }
                return
            }
            let target = Int(targets[row])
            var logSum = 0.0
            losses[row] = kernels.cross_entropy(x, vocabulary, target, &logSum)
            guard let weights else { return }
            // d(z · logSum²) = 2 · z · logSum · softmax.
            kernels.cross_entropy_gradient(
                x, vocabulary, target, logSum, weights.factor, 2 * weights.zLoss * logSum)
        }
    }
}
