import TerseFormats
import TerseModel
import TerseTensor

extension ModelShape {
    /// The shape of a model that was read: what training it further, or one like it, starts from.
    /// - Throws: `TrainingError` (`invalid`) for what cannot be trained.
    init(_ configuration: ModelConfiguration, tiesEmbeddings: Bool) throws(TrainingError) {
        self.init(
            layerCount: configuration.layerCount, hiddenSize: configuration.hiddenSize,
            feedForwardSize: configuration.feedForwardSize, headCount: configuration.headCount,
            kvHeadCount: configuration.kvHeadCount, vocabularySize: configuration.vocabularySize,
            contextLength: configuration.contextLength)
        architecture = configuration.architecture.isBitNet ? .bitnet : configuration.architecture
        headDimension = configuration.headDimension
        normEpsilon = configuration.normEpsilon
        rotaryBase = configuration.rotary.base
        activation = configuration.activation
        self.tiesEmbeddings = tiesEmbeddings
        guard configuration.rotary.scaling == .none, configuration.rotary.attentionFactor == 1 else {
            throw TrainingError(.invalid, "a model with scaled rotary embedding cannot be trained")
        }
        guard !configuration.hasHeadNorms, !configuration.requiresInputBiases else {
            throw TrainingError(
                .invalid, "architecture \(configuration.architecture.rawValue) cannot be trained; known: llama, bitnet")
        }
        try validate()
    }
}

extension ParameterSet<Float> {
    /// Takes all weights from a model of the same shape, decoded to float32.
    ///
    /// A ternary file has only what training saw, not the master weights behind it: training goes on from there, though
    /// not as it would have from a checkpoint.
    /// - Parameter missing: Indices of vectors that may be missing; they become 1.
    /// - Throws: `TrainingError` (`mismatch`), naming the file and the tensor that is missing, has another shape, or has
    ///   no place here (a bias, a norm of heads, factors of the rotary embedding); weights before it have changed.
    func read(_ file: ModelFile, missing: Set<Int> = []) throws(TrainingError) {
        let known = Set(layout.parameters.map(\.name))
        if let extra = file.tensors.first(where: { !known.contains($0.name) }) {
            throw TrainingError(
                .mismatch,
                "\(file.path): tensor \(extra.name): a model that is trained here has none of this name, and without it "
                    + "this model would be another")
        }
        for (index, parameter) in layout.parameters.enumerated() {
            if missing.contains(index), file[parameter.name] == nil {
                (weights.pointer + parameter.offset).update(repeating: 1, count: parameter.count)
                continue
            }
            let tensor: Tensor
            do { tensor = try file.requiredTensor(parameter.name, shape: parameter.shape) } catch {
                throw TrainingError(.mismatch, error.message)
            }
            guard tensor.type.isWeightType else {
                throw TrainingError(.mismatch, "\(file.path): tensor \(parameter.name) holds \(tensor.type.name)")
            }
            for row in 0..<parameter.rows {
                VectorMath.dequantize(
                    tensor, row: row, into: weights.pointer + parameter.offset + row * parameter.columns)
            }
        }
        weightsChanged()
    }

    /// Moves the rows of the queries' or keys' matrix at `index`, so that turning halves of a head does what turning
    /// adjacent pairs did: row 2i of a head becomes row i, row 2i + 1 row D/2 + i. The product of any query with any key
    /// stays what it was.
    func reorderRows(_ index: Int, headDimension: Int) {
        let parameter = layout.parameters[index]
        let (columns, pairs) = (parameter.columns, headDimension / 2)
        let old = Array(UnsafeBufferPointer(start: weight(index), count: parameter.count))
        let target = weights.pointer + parameter.offset
        for row in 0..<parameter.rows {
            let (head, place) = row.quotientAndRemainder(dividingBy: headDimension)
            let from = head * headDimension + (place < pairs ? 2 * place : 2 * (place - pairs) + 1)
            for column in 0..<columns { target[row * columns + column] = old[from * columns + column] }
        }
        weightsChanged()
    }
}
