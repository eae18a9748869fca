import TerseTensor

/// What a teacher said before, from a file.
final class CachedTeacher: Teacher {
    private let cache: TeacherCache
    private let tokensPerWindow: Int
    private let vocabularySize: Int
    private let team: ThreadTeam
    private var starts: [Int] = []

    init(_ cache: TeacherCache, tokensPerWindow: Int, vocabularySize: Int, team: ThreadTeam) {
        self.cache = cache
        self.tokensPerWindow = tokensPerWindow
        self.vocabularySize = vocabularySize
        self.team = team
    }

    /// The file's pages are the system's.
    var byteCount: Int { 0 }

    func study(tokens: [Int32], starts: [Int]) throws(TrainingError) { self.starts = starts }

    func lesson(_ weights: DistillationWeights) -> Lesson<Float> {
        Lesson(
            weights: weights, teacherTemperature: 1,
            fill: { [self] first, rows, student, target in
                team.run(chunks: rows) { row, _ in
                    complete(
                        first + row, student + row * vocabularySize, target + row * vocabularySize,
                        temperature: weights.temperature)
                }
            }, states: nil)
    }

    private func complete(
        _ row: Int, _ student: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, temperature: Double
    ) {
        let (window, offset) = row.quotientAndRemainder(dividingBy: tokensPerWindow)
        let count = cache.layout.outcomes
        withUnsafeTemporaryAllocation(of: (index: Int32, logProbability: Float).self, capacity: count) { outcomes in
            cache.copy(starts[window] + offset, to: outcomes.baseAddress!)
            TrainingMath<Float>.complete(
                student, columns: vocabularySize, temperature: temperature,
                outcomes: UnsafeBufferPointer(outcomes), into: target)
        }
    }
}
