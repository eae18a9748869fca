import TerseEngine

/// Why a choice ended, in the words of OpenAI's API.
enum FinishReason: String, Sendable {
    case stop
    case length
    case toolCalls = "tool_calls"

    init(_ reason: GenerationSummary.Reason, hasCalls: Bool) {
        switch reason {
        case .endOfText, .stopString: self = hasCalls ? .toolCalls : .stop
        case .maxTokens, .contextFull, .deadline, .cancelled: self = .length
        }
    }
}
