/// From whom and how a student learns: a part of a recipe.
public struct DistillationSettings: Sendable, Equatable {
    /// How the teacher's logits come to the student.
    public enum Source: Sendable, Equatable {
        /// The teacher runs beside the student.
        case live
        /// The teacher is asked once, and its most probable tokens are kept in a file of at most `bytesMax` bytes.
        case cached(topK: Int, bytesMax: Int)
    }

    /// What a student learns of its own text, where its teacher knows better what follows (arXiv:2306.13649).
    public struct OnPolicy: Sendable, Equatable {
        /// How many of the batches the student writes itself.
        public var fraction: Double
        /// Tokens of each window that it is given.
        public var promptTokens: Int
    }

    /// Which layers' relations of attention are compared.
    public struct Relation: Sendable, Equatable {
        /// Counted from 0; nil: the last.
        public var studentLayer: Int?
        public var teacherLayer: Int?
        /// Relation heads; nil: the student's key and value heads.
        public var heads: Int?
    }

    /// A run's folder, a checkpoint or a model.
    public var teacher: WeightSource
    public var weights = DistillationWeights()
    public var source = Source.live
    public var relation = Relation()
    public var onPolicy: OnPolicy?

    /// - Throws: `TrainingError` (`invalid`) for settings that contradict each other.
    func validate() throws(TrainingError) {
        guard weights.usesLogits || weights.attention > 0 else {
            throw TrainingError(
                .invalid, "distillation: nothing is learned from the teacher; set forward_kl, reverse_kl or attention")
        }
        guard case .cached = source else { return }
        guard weights.usesLogits, weights.attention == 0, onPolicy == nil else {
            throw TrainingError(
                .invalid,
                "distillation.logits: cached logits serve forward_kl and reverse_kl on given text alone; "
                    + "attention and on_policy_fraction need live ones")
        }
    }
}
