/// What a model that learns from a teacher has room for.
struct DistillationPlan: Sendable, Equatable {
    /// One layer's relations of queries, keys and values.
    struct Relation: Sendable, Equatable {
        /// Of the student, counted from 0.
        var layer: Int
        /// Relation heads.
        var heads: Int
        /// Of all the teacher's query heads, and of its key heads.
        var teacherQueryWidth: Int
        var teacherKVWidth: Int
    }

    /// Whether the teacher's logits are learned from.
    var usesLogits: Bool
    var relation: Relation?

    /// - Throws: `TrainingError` (`invalid`), naming the number, what was expected and what was found.
    func validate(_ shape: ModelShape) throws(TrainingError) {
        guard let relation else { return }
        guard (0..<shape.layerCount).contains(relation.layer) else {
            throw TrainingError(
                .invalid,
                "layer whose attention is distilled: expected 0…\(shape.layerCount - 1), found \(relation.layer)")
        }
        let widths = [
            ("the student's queries", shape.querySize), ("the student's keys", shape.kvSize),
            ("the teacher's queries", relation.teacherQueryWidth), ("the teacher's keys", relation.teacherKVWidth),
        ]
        for (name, width) in widths where relation.heads < 1 || width % relation.heads != 0 {
            throw TrainingError(
                .invalid, "relation heads: expected a divisor of the width \(width) of \(name), found \(relation.heads)"
            )
        }
    }
}
