import Foundation
import TerseModel
import TerseTokenizer

/// Perplexity over a text of any length: windows of tokens, of which each scores the part that is its own. Logits of no
/// more than a few rows are in memory at a time.
public struct Perplexity: Sendable, Equatable {
    /// Which tokens are scored, and with how much before them.
    public enum Scoring: Sendable, Equatable {
        /// Windows begin `stride` tokens apart and each scores the tokens that the one before did not reach, so that
        /// every token is scored once; nil: half a window. Where the tokenizer adds a beginning-of-text token, it
        /// begins every window. Without one the text's first token cannot be scored.
        case sliding(stride: Int?)
        /// llama.cpp's (tools/perplexity): windows side by side, a rest shorter than a window left out; the
        /// beginning-of-text token, where the tokenizer adds one, in place of each window's first token; the tokens
        /// after the first half scored, N/2 − 1 of a window of N.
        case chunked
    }

    /// Tokens in a window.
    public var window: Int
    public var scoring: Scoring
    /// The most windows to run; nil: all.
    public var windowCountMax: Int?

    public init(window: Int, scoring: Scoring = .sliding(stride: nil), windowCountMax: Int? = nil) {
        self.window = window
        self.scoring = scoring
        self.windowCountMax = windowCountMax
    }

    /// The shortest window.
    public static let windowMin = 4

    /// Scores a text.
    ///
    /// - Throws: `EvaluationError`: `badRequest` for a window longer than the model's context or a stride that leaves
    ///   tokens without anything before them; `tooShort` when there is nothing to score; `model`; `cancelled`.
    public func measure(
        _ text: String, with model: EvaluationModel, progress: EvaluationProgress.Handler = { _ in true }
    ) throws(EvaluationError) -> PerplexityResult {
        guard let tokenizer = model.tokenizer else {
            throw EvaluationError(
                .badRequest, "\(model.runner.model.path): perplexity of a text needs a tokenizer, found none")
        }
        try validate(model)
        let tokens = tokenizer.encode(text, addSpecial: scoring == .chunked)
        var windows = windows(count: tokens.count, hasBeginning: model.beginning != nil)
        guard !windows.isEmpty else {
            let use = scoring == .chunked ? "for a window of \(window)" : "to predict one"
            throw EvaluationError(.tooShort, "the text has \(tokens.count) tokens, too few \(use)")
        }
        if let windowCountMax { windows = Array(windows.prefix(max(windowCountMax, 1))) }
        var nats: [Double] = []
        let mean = try score(windows, of: tokens, model, sums: &nats, progress)
        let parts = zip(windows, nats).map { window, nats in
            PerplexityResult.Part(
                nats: nats, tokens: window.scored.count, bytes: Self.bytes(of: window, in: tokens, tokenizer))
        }
        let isWhole = mean.count == tokens.count
        let bytes = isWhole ? text.utf8.count : parts.reduce(0) { $0 + $1.bytes }
        let perplexity = exp(mean.mean)
        // The first window is the longest.
        return PerplexityResult(
            perplexity: perplexity, standardError: mean.standardError.map { perplexity * $0 },
            bitsPerByte: bytes > 0 ? mean.sum / log(2) / Double(bytes) : 0, tokensScored: mean.count,
            windows: windows.count, windowTokensMax: windows[0].tokenCount, parts: parts)
    }

    private func windows(count: Int, hasBeginning: Bool) -> [TextWindow] {
        switch scoring {
        case .sliding(let stride):
            TextWindow.sliding(count: count, size: window, stride: stride ?? window / 2, hasBeginning: hasBeginning)
        case .chunked:
            TextWindow.chunked(count: count, size: window, hasBeginning: hasBeginning)
        }
    }

    private func validate(_ model: EvaluationModel) throws(EvaluationError) {
        guard (Self.windowMin...max(model.contextLength, Self.windowMin)).contains(window) else {
            throw EvaluationError(
                .badRequest, "window: expected \(Self.windowMin)…\(model.contextLength) tokens, found \(window)")
        }
        if case .sliding(let stride?) = scoring {
            guard (1...window - 1).contains(stride) else {
                throw EvaluationError(.badRequest, "stride: expected 1…\(window - 1) tokens, found \(stride)")
            }
        }
    }

    /// Negative logarithmic probabilities of all scored tokens, and of each window's added up.
    private func score(
        _ windows: [TextWindow], of tokens: [Int32], _ model: EvaluationModel, sums: inout [Double],
        _ progress: EvaluationProgress.Handler
    ) throws(EvaluationError) -> RunningMean {
        var mean = RunningMean()
        var fed: [Int32] = []
        for (index, window) in windows.enumerated() {
            let first = window.fill(&fed, from: tokens, beginning: model.beginning)
            model.sequence.truncate(to: 0)
            let scoredBefore = mean.count
            var sum = 0.0
            do {
                try model.run(fed[..<(first - 1)], outputs: .none)
                // Each output stands for the token after it.
                let scored = fed[first...]
                try model.run(fed[(first - 1)...].dropLast(), outputs: .all) { (chunk) throws(EvaluationError) in
                    let targets = scored.dropFirst(chunk.lowerBound).prefix(chunk.count)
                    try model.score(targets) {
                        mean.add(-$0)
                        sum -= $0
                    }
                }
            } catch {
                let token = window.scored.lowerBound + mean.count - scoredBefore
                throw EvaluationError(
                    error.code, "window \(index + 1) of \(windows.count), token \(token) of the text: \(error.message)")
            }
            sums.append(sum)
            guard progress(EvaluationProgress(done: index + 1, total: windows.count, current: exp(mean.mean))) else {
                throw EvaluationError(.cancelled, "cancelled after \(index + 1) of \(windows.count) windows")
            }
        }
        return mean
    }

    /// Bytes of text that the scored tokens stand for.
    private static func bytes(of window: TextWindow, in tokens: [Int32], _ tokenizer: Tokenizer) -> Int {
        tokens[window.scored].reduce(0) { $0 + tokenizer.piece($1).count }
    }
}
