import Foundation
import TerseTensor
import TerseTokenizer

/// Evaluates a model in training on text that it does not learn from, always the same windows of it.
///
/// Windows stand side by side, so that the first tokens of each are predicted from little; a model's own evaluation,
/// which slides, finds fewer bits per byte.
struct HeldOutEvaluation {
    private let stream: TokenStream
    /// Where each window begins, a multiple of the windows of a batch.
    private let starts: [Int]
    /// Bytes of the text that each id stands for; 0 for control tokens, which are no text and not scored.
    private let byteCounts: [Int]

    /// - Parameters:
    ///   - windowsMax: As many windows are taken, spread evenly over the stream.
    ///   - tokensPerWindow: T
    /// - Throws: `TrainingError` (`data`) when the stream is shorter than a window.
    init(
        _ stream: TokenStream, tokenizer: Tokenizer, tokensPerWindow: Int, windowsMax: Int
    ) throws(TrainingError) {
        let available = (stream.count - 1) / tokensPerWindow
        guard available > 0 else {
            throw TrainingError(
                .data, "held-out text of \(stream.count) tokens: expected more than a window of \(tokensPerWindow)")
        }
        let count = min(max(windowsMax, 1), available)
        self.stream = stream
        starts = (0..<count).map { $0 * available / count * tokensPerWindow }
        byteCounts = (0..<Int32(tokenizer.vocabularySize)).map { id in
            tokenizer.definition.kinds[Int(id)] == .control ? 0 : tokenizer.piece(id).count
        }
    }

    /// The mean loss of all scored tokens.
    /// - Throws: `TrainingError` (`notFinite`) when a loss is no number.
    func evaluate(_ model: TrainableModel<Float>) throws(TrainingError) -> HeldOutLoss {
        let (length, windows) = (model.tokensPerWindow, model.windows)
        var (nats, tokens, bytes) = (0.0, 0, 0)
        for first in stride(from: 0, to: starts.count, by: windows) {
            let batch = TrainingBatch(stream, starts: starts[first...].prefix(windows), windows, length) { id in
                byteCounts[Int(id)] > 0
            }
            nats += try model.losses(tokens: batch.tokens, targets: batch.targets).reduce(0, +)
            for target in batch.targets where target >= 0 {
                tokens += 1
                bytes += byteCounts[Int(target)]
            }
        }
        return HeldOutLoss(
            nats: nats / Double(max(tokens, 1)), bitsPerByte: nats / log(2) / Double(max(bytes, 1)))
    }
}
