import CTerseKernels

/// Rotary embedding and causal attention over windows of equal length.
extension TrainingMath {
    /// How the rows of an attention layer lie in memory.
    ///
    /// A row of `projected` holds queries, keys and values side by side: [queryHeads + 2 · kvHeads, headDimension].
    public struct AttentionShape: Sendable {
        /// Windows, none of which sees another.
        public var windows: Int
        /// Tokens of a window.
        public var tokens: Int
        /// Heads that ask.
        public var queryHeads: Int
        /// Heads of keys and values, a divisor of `queryHeads`: head h of the queries asks h / (queryHeads / kvHeads).
        public var kvHeads: Int
        /// Elements of a head.
        public var headDimension: Int

        /// Every number is positive.
        public init(windows: Int, tokens: Int, queryHeads: Int, kvHeads: Int, headDimension: Int) {
            self.windows = windows
            self.tokens = tokens
            self.queryHeads = queryHeads
            self.kvHeads = kvHeads
            self.headDimension = headDimension
        }

        /// Rows of all windows.
        public var rows: Int { windows * tokens }
        /// Width of all query heads.
        public var queryWidth: Int { queryHeads * headDimension }
        /// Width of all key heads, or of all value heads.
        public var kvWidth: Int { kvHeads * headDimension }
        /// Width of a row of `projected`.
        public var projectedWidth: Int { queryWidth + 2 * kvWidth }
        /// Elements of scratch for one thread.
        public var scratchCount: Int { terse_training_attention_scratch(headDimension) }
    }

    /// Turns queries and keys by their position's angles, or their gradients back.
    /// - Parameters:
    ///   - projected: [windows · tokens, projectedWidth].
    ///   - cosines: [tokens, headDimension / 2], and `sines` alike.
    ///   - isBackward: turns by the opposite angles, as gradients must be.
    public static func rotate(
        _ projected: Output, _ shape: AttentionShape, cosines: Input, sines: Input, layout: RotaryLayout,
        isBackward: Bool, team: ThreadTeam
    ) {
        let kernels = kernels
        let pairs = shape.headDimension / 2
        let (step, offset) = layout == .adjacent ? (2, 1) : (1, pairs)
        let direction: Double = isBackward ? -1 : 1
        VectorMath.forRows(shape.rows, columns: shape.queryWidth + shape.kvWidth, team) { row in
            let angles = row % shape.tokens * pairs
            for head in 0..<shape.queryHeads + shape.kvHeads {
                kernels.rotate(
                    projected + row * shape.projectedWidth + head * shape.headDimension, cosines + angles,
                    sines + angles, pairs, step, offset, direction)
            }
        }
    }

    /// `outputs = softmax(causal(q · kᵀ / √headDimension)) · v` for every window and head.
    /// - Parameters:
    ///   - projected: [windows · tokens, projectedWidth].
    ///   - outputs: [windows · tokens, queryWidth].
    ///   - logSums: [windows · tokens, queryHeads], which the gradient needs.
    ///   - scratch: `scratchCount` elements for each thread of the team, aligned to 64 bytes.
    public static func attend(
        _ projected: Input, _ shape: AttentionShape, into outputs: Output, logSums: Output, scratch: Output,
        team: ThreadTeam
    ) {
        let kernels = kernels
        team.run(chunks: shape.windows * shape.kvHeads) { chunk, thread in
            var task = shape.task(chunk, projected: projected, outputs: outputs, logSums: logSums)
            kernels.attend(&task, scratch + thread * shape.scratchCount)
        }
    }

    /// Gradients of `attend`.
    /// - Parameters:
    ///   - gradients: [windows · tokens, projectedWidth], overwritten: those of `projected`.
    ///   - outputs: those of the forward pass, as `logSums`.
    ///   - outputGradients: [windows · tokens, queryWidth].
    public static func attendGradient(
        _ projected: Input, _ shape: AttentionShape, outputs: Output, logSums: Output, outputGradients: Input,
        into gradients: Output, scratch: Output, team: ThreadTeam
    ) {
        let kernels = kernels
        team.run(chunks: shape.windows * shape.kvHeads) { chunk, thread in
            var task = shape.task(chunk, projected: projected, outputs: outputs, logSums: logSums)
            let place = shape.place(chunk)
            task.output_gradients = UnsafeRawPointer(outputGradients + place.outputs)
            task.query_gradients = UnsafeMutableRawPointer(gradients + place.queries)
            task.key_gradients = UnsafeMutableRawPointer(gradients + place.keys)
            task.value_gradients = UnsafeMutableRawPointer(gradients + place.values)
            kernels.attend_gradient(&task, scratch + thread * shape.scratchCount)
        }
    }
}

extension TrainingMath.AttentionShape {
    /// Where the part of a chunk, one window and one key and value head, begins in each buffer.
    fileprivate func place(_ chunk: Int) -> (queries: Int, keys: Int, values: Int, outputs: Int, logSums: Int) {
        let (window, head) = chunk.quotientAndRemainder(dividingBy: kvHeads)
        let (row, group) = (window * tokens, queryHeads / kvHeads)
        let first = row * projectedWidth
        let keys = first + queryWidth + head * headDimension
        return (
            first + head * group * headDimension, keys, keys + kvWidth,
            row * queryWidth + head * group * headDimension, row * queryHeads + head * group
        )
    }

    fileprivate func task(
        _ chunk: Int, projected: UnsafePointer<Scalar>, outputs: UnsafeMutablePointer<Scalar>,
        logSums: UnsafeMutablePointer<Scalar>
    ) -> terse_training_attention {
        let place = place(chunk)
        var task = terse_training_attention()
        task.tokens = tokens
        task.heads = queryHeads / kvHeads
        task.dimension = headDimension
        task.scale = 1 / Double(headDimension).squareRoot()
        task.queries = UnsafeRawPointer(projected + place.queries)
        task.query_stride = projectedWidth
        task.keys = UnsafeRawPointer(projected + place.keys)
        task.values = UnsafeRawPointer(projected + place.values)
        task.kv_stride = projectedWidth
        task.outputs = UnsafeMutableRawPointer(outputs + place.outputs)
        task.output_stride = queryWidth
        task.log_sums = UnsafeMutableRawPointer(logSums + place.logSums)
        task.log_sum_stride = queryHeads
        return task
    }
}
