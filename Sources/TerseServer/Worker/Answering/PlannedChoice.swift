import TerseEngine

/// A choice that is to be generated.
struct PlannedChoice: Sendable {
    /// Whether no other was planned before it for the same prompt.
    let isFirstOfPrompt: Bool
    let request: GenerationRequest
    let progress: ChoiceProgress
}
