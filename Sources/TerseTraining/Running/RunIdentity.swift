import TerseTokenizer

/// What decides the weights that a run ends with: the recipe without its upkeep and what it says of the model, tokenizer,
/// text and teacher, key by key.
/// Checkpoints keep it, so that a run only goes on as what it began as.
struct RunIdentity {
    private(set) var entries: [(key: String, value: String)] = []

    private static let separator = ": "
    static let tokenizerKey = "tokenizer"

    /// Values stand for themselves, files for their content. Where the weights start, and the teacher, count by the name
    /// that the recipe gives them, too: renamed, they make another run. Keys and values are written out here, none taken
    /// from the names of types or properties, so that a run of today goes on in a program of tomorrow.
    init(_ recipe: TrainingRecipe, _ definition: TokenizerDefinition) {
        add("model", recipe.shape.json.serialized())
        add(Self.tokenizerKey, definition.fingerprint)
        let work = recipe.work
        add("training.tokens", work.tokens)
        add("training.windows_per_step", work.windowsPerStep)
        add("training.windows_at_once", work.windowsAtOnce)
        add("training.window_tokens", work.windowTokens)
        add("training.seed", work.seed)
        add("training.recompute_activations", work.recomputes)
        add("training.z_loss", work.zLoss)
        // What runs of before had is left out, so that they go on.
        let (precision, finest) = (work.precision, TrainingPrecision())
        if precision.products != finest.products { add("training.precision", precision.products.rawValue) }
        if precision.gradients != finest.gradients { add("training.gradient_bits", precision.gradients.rawValue) }
        add(recipe.optimizer)
        add("schedule.course", Self.text(recipe.course))
        add("schedule.warm_up_steps", recipe.warmUpSteps)
        add("schedule.floor", recipe.floor)
        if let start = recipe.start { add("from", start.name) }
        if let distillation = recipe.distillation { add(distillation) }
    }

    /// One that was written before; nil where lines have no key.
    init?(text: String) {
        for line in text.split(separator: "\n") {
            guard let end = line.range(of: Self.separator) else { return nil }
            entries.append((String(line[..<end.lowerBound]), String(line[end.upperBound...])))
        }
    }

    var text: String { entries.map { $0.key + Self.separator + $0.value }.joined(separator: "\n") }

    subscript(_ key: String) -> String? { entries.first { $0.key == key }?.value }

    mutating func add(_ key: String, _ value: some LosslessStringConvertible) {
        // A line for each: names of files may hold anything.
        entries.append((key, String(value).replacing("\n", with: " ")))
    }

    /// The first key whose value is another here than in `other`, and both values; nil where there is none.
    func difference(from other: RunIdentity) -> (key: String, here: String?, there: String?)? {
        for key in entries.map(\.key) + other.entries.map(\.key) where self[key] != other[key] {
            return (key, self[key], other[key])
        }
        return nil
    }

    private mutating func add(_ settings: OptimizerSettings) {
        add("optimizer.learning_rate", settings.rate)
        add("optimizer.beta1", settings.beta1)
        add("optimizer.beta2", settings.beta2)
        add("optimizer.epsilon", settings.epsilon)
        add("optimizer.weight_decay", settings.weightDecay)
        add("optimizer.clip_norm", settings.clipNorm)
        guard case .muon(let muon) = settings.matrices else { return add("optimizer.matrices", "adamw") }
        add("optimizer.matrices", "muon")
        add("optimizer.muon.learning_rate", muon.rate)
        add("optimizer.muon.momentum", muon.momentum)
        add("optimizer.muon.weight_decay", muon.weightDecay)
        add("optimizer.muon.iterations", muon.iterations)
    }

    private mutating func add(_ settings: DistillationSettings) {
        add("distillation.teacher", settings.teacher.name)
        add("distillation.cross_entropy", settings.weights.crossEntropy)
        add("distillation.forward_kl", settings.weights.forward)
        add("distillation.reverse_kl", settings.weights.reverse)
        add("distillation.attention", settings.weights.attention)
        add("distillation.temperature", settings.weights.temperature)
        if case .cached(let topK, _) = settings.source { add("distillation.top_k", topK) }
        if let layer = settings.relation.studentLayer { add("distillation.student_layer", layer) }
        if let layer = settings.relation.teacherLayer { add("distillation.teacher_layer", layer) }
        if let heads = settings.relation.heads { add("distillation.relation_heads", heads) }
        if let onPolicy = settings.onPolicy {
            add("distillation.on_policy_fraction", onPolicy.fraction)
            add("distillation.prompt_tokens", onPolicy.promptTokens)
        }
    }

    private static func text(_ course: Schedule.Course) -> String {
        switch course {
        case .constant: "constant"
        case .linear: "linear"
        case .cosine: "cosine"
        case .wsd(let decayFraction): "wsd \(decayFraction)"
        case .twoStage(let secondPeak): "two_stage \(secondPeak)"
        }
    }
}
