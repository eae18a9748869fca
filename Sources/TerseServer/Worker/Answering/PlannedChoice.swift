import TerseEngine

/// A choice that is to be generated.
struct PlannedChoice: Sendable {
    let request: GenerationRequest
    let progress: ChoiceProgress
}
