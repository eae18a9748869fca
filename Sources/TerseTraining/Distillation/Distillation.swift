import TerseModel

/// The teacher of a run, and how its student learns from it.
final class Distillation {
    let settings: DistillationSettings
    /// Bytes of the teacher, and of what the student needs to write text.
    let byteCount: Int
    private let teacher: any Teacher

    /// - Parameter model: the student.
    /// - Throws: `TrainingError` (`invalid`) for a student that cannot write text.
    init(
        _ settings: DistillationSettings, _ teacher: any Teacher, _ model: TrainableModel<Float>
    ) throws(TrainingError) {
        self.settings = settings
        self.teacher = teacher
        let text = settings.onPolicy.map { StudentText(model: model, promptTokens: $0.promptTokens) }
        byteCount = teacher.byteCount + (try text?.byteCount() ?? 0)
    }

    /// Has the teacher judge a batch, which the student writes itself where the settings and chance say so. Nothing is
    /// asked about the tokens that follow in its own text: only the teacher is right about it.
    /// - Parameter number: of the batch in the whole run; with the seed it decides by chance.
    func lesson(
        on batch: inout TrainingBatch, starts: [Int], number: Int, seed: UInt64, _ model: TrainableModel<Float>
    ) throws(TrainingError) -> Lesson<Float> {
        if let onPolicy = settings.onPolicy {
            var random = RandomSource(seed: seed, stream: UInt64(number))
            if random.nextUniform() < onPolicy.fraction {
                try StudentText(model: model, promptTokens: onPolicy.promptTokens)
                    .write(over: &batch.tokens, seed: random.next())
                batch.targets = Array(repeating: -1, count: batch.targets.count)
            }
        }
        try teacher.study(tokens: batch.tokens, starts: starts)
        return teacher.lesson(settings.weights)
    }
}
