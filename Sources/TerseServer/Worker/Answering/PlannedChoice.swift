import TerseEngine

/// A choice that is to be generated.
struct PlannedChoice: Sendable {
    /// Which of the request's prompts it answers.
    let promptNumber: Int
    let request: GenerationRequest
    let progress: ChoiceProgress
}
