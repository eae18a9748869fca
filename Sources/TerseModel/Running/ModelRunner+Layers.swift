import TerseTensor

/// The one forward pass. What an architecture has beyond the others (biases, head norms, sub-norms) is a weight that is
/// there or is nil.
extension ModelRunner {
    func runLayer(_ layer: LayerWeights, _ index: Int, _ batch: ForwardBatch) {
        let rows = batch.rowCount
        projectIntoAttention(layer, index, batch)
        attend(index, batch)
        finishAttention(layer, rows: rows)
        feedForward(layer, rows: rows)
    }

    /// The last layer goes on with the rows whose hidden state is wanted alone, and ends with the output norm.
    func runLastLayer(_ layer: LayerWeights, _ index: Int, _ batch: ForwardBatch) {
        projectIntoAttention(layer, index, batch)
        let rows = batch.outputCount
        guard rows > 0 else { return }
        attend(index, batch)
        if rows < batch.rowCount { gatherOutputs(batch) }
        finishAttention(layer, rows: rows)
        feedForward(layer, rows: rows)
        norm(scratch.residual.pointer, model.outputNorm, rows: rows, columns: model.configuration.hiddenSize)
    }

    /// Residual stream → rotated queries in scratch, keys and values in the cache.
    private func projectIntoAttention(_ layer: LayerWeights, _ index: Int, _ batch: ForwardBatch) {
        let configuration = model.configuration
        let rows = batch.rowCount
        let (queries, kv) = (configuration.querySize, configuration.kvSize)
        norm(scratch.residual.pointer, layer.attentionNorm, rows: rows, columns: configuration.hiddenSize)
        project(
            (layer.query, scratch.query), (layer.key, scratch.key), (layer.value, scratch.value), rows: rows)
        if let weight = layer.queryNorm {
            normHeads(scratch.query, weight, heads: rows * configuration.headCount)
        }
        if let weight = layer.keyNorm {
            normHeads(scratch.key, weight, heads: rows * configuration.kvHeadCount)
        }
        if let capture, capture.layer == index { capture.take(scratch, rows: rows) }
        rotate(scratch.query, width: queries, heads: configuration.headCount)
        rotate(scratch.key, width: kv, heads: configuration.kvHeadCount)
        pool.store.write(
            layer: index, keys: scratch.key, values: scratch.value, rowStride: kv, batch: batch.kv, team: team)
    }

    /// Queries and cache → attended values. [rows, query]
    private func attend(_ index: Int, _ batch: ForwardBatch) {
        let width = model.configuration.querySize
        attention.run(
            queries: scratch.query, queryRowStride: width, batch: batch.kv, store: pool.store, layer: index,
            scale: model.configuration.attentionScale, into: scratch.normed.pointer, outputRowStride: width, team: team)
    }

    /// Moves the wanted rows of residual stream and attended values to the front; their order never changes.
    private func gatherOutputs(_ batch: ForwardBatch) {
        let (hidden, width) = (model.configuration.hiddenSize, model.configuration.querySize)
        for output in 0..<batch.outputCount {
            let row = Int(batch.outputRows[output])
            guard row != output else { continue }
            let (residual, attended) = (scratch.residual.pointer, scratch.normed.pointer)
            (residual + output * hidden).update(from: residual + row * hidden, count: hidden)
            (attended + output * width).update(from: attended + row * width, count: width)
        }
    }

    /// Attended values → residual stream.
    private func finishAttention(_ layer: LayerWeights, rows: Int) {
        let width = model.configuration.querySize
        if let weight = layer.attentionSubNorm {
            norm(scratch.normed.pointer, weight, rows: rows, columns: width)
        }
        addProjection(layer.output, of: scratch.normed.pointer, rows: rows)
    }

    /// Residual stream → residual stream, through the gated feed-forward part.
    private func feedForward(_ layer: LayerWeights, rows: Int) {
        let configuration = model.configuration
        let inner = configuration.feedForwardSize
        norm(scratch.residual.pointer, layer.feedForwardNorm, rows: rows, columns: configuration.hiddenSize)
        project((layer.gate, scratch.gate), (layer.up, scratch.up), rows: rows)
        switch configuration.activation {
        case .silu: VectorMath.siluMultiply(scratch.gate, scratch.up, count: rows * inner, team: team)
        case .squaredReLU: VectorMath.squaredReLUMultiply(scratch.gate, scratch.up, count: rows * inner, team: team)
        }
        if let weight = layer.feedForwardSubNorm {
            VectorMath.rmsNorm(
                scratch.gate, rows: rows, columns: inner, weight: weight.pointer, epsilon: configuration.normEpsilon,
                into: scratch.gate, team: team)
        }
        addProjection(layer.down, of: scratch.gate, rows: rows)
    }
}

// MARK: Steps

extension ModelRunner {
    /// `x` → `scratch.normed`, which may be `x`. [rows, columns]
    private func norm(_ x: UnsafePointer<Float>, _ weight: FloatVector, rows: Int, columns: Int) {
        VectorMath.rmsNorm(
            x, rows: rows, columns: columns, weight: weight.pointer, epsilon: model.configuration.normEpsilon,
            into: scratch.normed.pointer, team: team)
    }

    private func normHeads(_ x: UnsafeMutablePointer<Float>, _ weight: FloatVector, heads: Int) {
        VectorMath.rmsNorm(
            x, rows: heads, columns: model.configuration.headDimension, weight: weight.pointer,
            epsilon: model.configuration.normEpsilon, into: x, team: team)
    }

    private func rotate(_ x: UnsafeMutablePointer<Float>, width: Int, heads: Int) {
        rotary.rotate(
            x, rowStride: width, heads: heads, headDimension: model.configuration.headDimension,
            layout: model.configuration.rotary.layout, team: team)
    }

    private typealias Target = (projection: LayerWeights.Projection, output: UnsafeMutablePointer<Float>)

    /// Three products of `scratch.normed`, which is quantised once and read in one region when the weights' types allow.
    private func project(_ first: Target, _ second: Target, _ third: Target, rows: Int) {
        let scheme = model.scheme(for: first.projection.weights)
        guard scheme == model.scheme(for: second.projection.weights),
            scheme == model.scheme(for: third.projection.weights)
        else {
            for target in [first, second, third] { project(target, rows: rows) }
            return
        }
        load(scratch.normed.pointer, first.projection.weights, rows: rows)
        MatrixMultiply.run(Self.product(first), Self.product(second), Self.product(third), activations, team: team)
        addBias(first, rows: rows)
        addBias(second, rows: rows)
        addBias(third, rows: rows)
    }

    private func project(_ first: Target, _ second: Target, rows: Int) {
        guard model.scheme(for: first.projection.weights) == model.scheme(for: second.projection.weights) else {
            project(first, rows: rows)
            project(second, rows: rows)
            return
        }
        load(scratch.normed.pointer, first.projection.weights, rows: rows)
        MatrixMultiply.run(Self.product(first), Self.product(second), activations, team: team)
        addBias(first, rows: rows)
        addBias(second, rows: rows)
    }

    private func project(_ target: Target, rows: Int) {
        load(scratch.normed.pointer, target.projection.weights, rows: rows)
        multiply(target, rows: rows)
    }

    /// Adds the projection of `x`, [rows, projection's columns], to the residual stream.
    private func addProjection(_ projection: LayerWeights.Projection, of x: UnsafePointer<Float>, rows: Int) {
        load(x, projection.weights, rows: rows)
        multiply((projection, scratch.branch.pointer), rows: rows)
        VectorMath.add(
            scratch.residual.pointer, scratch.branch.pointer, count: rows * model.configuration.hiddenSize, team: team)
    }

    private func multiply(_ target: Target, rows: Int) {
        MatrixMultiply.run(Self.product(target), activations, team: team)
        addBias(target, rows: rows)
    }

    private func load(_ x: UnsafePointer<Float>, _ weights: WeightMatrix, rows: Int) {
        let columns = weights.columns
        activations.load(
            x, rows: rows, columns: columns, rowStride: columns, scheme: model.scheme(for: weights), team: team)
    }

    private func addBias(_ target: Target, rows: Int) {
        guard let bias = target.projection.bias else { return }
        VectorMath.addBias(target.output, rows: rows, columns: bias.count, bias: bias.pointer, team: team)
    }

    private static func product(_ target: Target) -> MatrixProduct {
        MatrixProduct(target.projection.weights, into: target.output, rowStride: target.projection.weights.rows)
    }
}
