import TerseFormats
import TerseModel
import TerseTensor

/// A model that is asked while the student learns: any that can be run. Its logits are those of serving it.
final class LiveTeacher: Teacher {
    private let runner: ModelRunner
    private let batch: ForwardBatch
    private let sequence: KVSequence
    /// Final hidden states of the batch that was studied. [B·T, width of the teacher]
    private let hidden: AlignedBuffer<Float>
    private let capture: AttentionCapture?
    private let tokensPerWindow: Int
    /// Of the student, at most the teacher's.
    private let vocabularySize: Int

    /// Logits at once.
    static let logitsMax = LossHead.logitsMax

    /// - Parameters:
    ///   - windows: B windows of T tokens, of a batch.
    ///   - layer: whose attention is to be learned.
    /// - Throws: `TrainingError`: `mismatch` when the model is too small for the windows or the vocabulary, `system` when
    ///   there is no memory.
    init(
        _ model: Model, windows: Int, tokensPerWindow: Int, vocabularySize: Int, layer: Int?, team: ThreadTeam
    ) throws(TrainingError) {
        let configuration = model.configuration
        guard configuration.contextLength >= tokensPerWindow else {
            throw TrainingError(
                .mismatch,
                "\(model.path): context of \(configuration.contextLength) tokens, windows of \(tokensPerWindow)")
        }
        guard configuration.vocabularySize >= vocabularySize else {
            throw TrainingError(
                .mismatch,
                "\(model.path): vocabulary of \(configuration.vocabularySize) tokens, the student's has \(vocabularySize)"
            )
        }
        var options = RunnerOptions()
        options.maxRows = tokensPerWindow
        options.contextLength = tokensPerWindow
        options.maxLogitRows = min(tokensPerWindow, max(1, Self.logitsMax / configuration.vocabularySize))
        do {
            runner = try ModelRunner(model, team: team, options: options)
            batch = try runner.makeBatch()
            sequence = try runner.makeSequence()
            hidden = try AlignedBuffer(rows: windows * tokensPerWindow, columns: configuration.hiddenSize)
            capture = try layer.map { layer in
                try AttentionCapture(configuration, layer: layer, rows: windows * tokensPerWindow)
            }
        } catch let error as ModelError {
            throw TrainingError(error.code == .outOfMemory ? .system : .invalid, "the teacher: \(error.message)")
        } catch {
            throw TrainingError(.system, "the teacher: \(error)")
        }
        runner.capture = capture
        self.tokensPerWindow = tokensPerWindow
        self.vocabularySize = vocabularySize
    }

    var byteCount: Int { runner.plan.totalBytes + hidden.byteCount + (capture?.byteCount ?? 0) }

    func study(tokens: [Int32], starts: [Int]) throws(TrainingError) {
        let width = runner.model.configuration.hiddenSize
        for first in stride(from: 0, to: tokens.count, by: tokensPerWindow) {
            sequence.truncate(to: 0)
            capture?.firstRow = first
            do { try batch.append(tokens[first..<first + tokensPerWindow], to: sequence, outputs: .all) } catch {
                throw TrainingError(.invalid, "the teacher: \(error.message)")
            }
            runner.forward(batch)
            (hidden.pointer + first * width).update(from: runner.hidden(0), count: tokensPerWindow * width)
        }
    }

    func lesson(_ weights: DistillationWeights) -> Lesson<Float> {
        let configuration = runner.model.configuration
        return Lesson(
            weights: weights, teacherTemperature: weights.temperature,
            fill: weights.usesLogits ? { [self] first, rows, _, target in fill(first, rows, target) } : nil,
            states: capture.map { capture in
                AttentionStates(
                    queries: UnsafePointer(capture.queries.pointer), keys: UnsafePointer(capture.keys.pointer),
                    values: UnsafePointer(capture.values.pointer), queryWidth: configuration.querySize,
                    kvWidth: configuration.kvSize)
            })
    }

    /// Logits of rows, those of tokens that the student does not have left out.
    private func fill(_ first: Int, _ rows: Int, _ target: UnsafeMutablePointer<Float>) {
        let configuration = runner.model.configuration
        for start in stride(from: 0, to: rows, by: runner.head.maxRows) {
            let count = min(runner.head.maxRows, rows - start)
            let logits = runner.head.logits(hidden.pointer + (first + start) * configuration.hiddenSize, rows: count)
            for row in 0..<count {
                (target + (start + row) * vocabularySize).update(
                    from: logits.baseAddress! + row * configuration.vocabularySize, count: vocabularySize)
            }
        }
    }
}
