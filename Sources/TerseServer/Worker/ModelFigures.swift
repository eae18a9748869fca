import TerseEngine
import TerseTelemetry

/// What a model's requests took, counted since the worker started.
final class ModelFigures: Sendable {
    let timeToFirstToken = Histogram(bounds: Histogram.secondsOfRequests)
    let timeBetweenTokens = Histogram(bounds: Histogram.secondsOfTokens)
    let timePerToken = Histogram(bounds: Histogram.secondsOfTokens)
    let queueTime = Histogram(bounds: Histogram.secondsOfRequests)
    let prefillTime = Histogram(bounds: Histogram.secondsOfRequests)
    let decodeTime = Histogram(bounds: Histogram.secondsOfRequests)
    let requestTime = Histogram(bounds: Histogram.secondsOfRequests)
    let promptTokens = Histogram(bounds: Histogram.tokensOfRequests)
    let generatedTokens = Histogram(bounds: Histogram.tokensOfRequests)
    let stopped = Counter()
    let lengthReached = Counter()
    let aborted = Counter()

    /// So many tokens came since the one before.
    func observe(_ count: Int, in duration: Duration) {
        for _ in 0..<count { timeBetweenTokens.observe(duration / count) }
    }

    /// A choice has ended.
    func observe(_ outcome: ChoiceOutcome) {
        let summary = outcome.summary
        switch summary.reason {
        case .endOfText, .stopString: stopped.add()
        case .maxTokens, .contextFull: lengthReached.add()
        case .cancelled where outcome.isWhole: stopped.add()
        case .deadline, .cancelled: aborted.add()
        }
        queueTime.observe(summary.queueDuration)
        promptTokens.observe(Double(summary.promptTokens))
        generatedTokens.observe(Double(summary.tokens.count))
        guard let first = summary.timeToFirstToken else { return }
        timeToFirstToken.observe(first)
        prefillTime.observe(summary.promptDuration)
        decodeTime.observe(summary.generationDuration)
        requestTime.observe(first + summary.generationDuration)
        if summary.tokens.count > 1 {
            timePerToken.observe(summary.generationDuration / (summary.tokens.count - 1))
        }
    }
}
