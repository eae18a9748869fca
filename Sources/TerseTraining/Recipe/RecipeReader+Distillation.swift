import TerseConfiguration

/// Reads the part on the teacher.
extension RecipeReader {
    private enum Logits: String, CaseIterable {
        case live, cached
    }

    func distillation(_ map: ConfigurationMap, _ shape: ModelShape, _ work: TrainingRecipe.Work) throws
        -> DistillationSettings
    {
        let teacher = try map.required("teacher", map.string("teacher"))
        var settings = DistillationSettings(teacher: WeightSource(path: path(teacher), name: teacher))
        settings.weights = try weights(map)
        settings.relation.studentLayer = try map.integer("student_layer", in: 0...shape.layerCount - 1)
        settings.relation.teacherLayer = try map.integer("teacher_layer", in: 0...ModelShape.layerCountMax - 1)
        settings.relation.heads = try map.integer("relation_heads", in: 1...shape.kvSize)
        for key in ["student_layer", "teacher_layer", "relation_heads"]
        where map.has(key) && settings.weights.attention == 0 {
            throw map.error(key, "is of no use without attention")
        }
        settings.source = try source(map)
        settings.onPolicy = try onPolicy(map, work)
        try map.finish()
        try settings.validate()
        return settings
    }

    private func weights(_ map: ConfigurationMap) throws -> DistillationWeights {
        var weights = DistillationWeights()
        weights.crossEntropy = try map.number("cross_entropy", in: 0...1e6) ?? weights.crossEntropy
        weights.forward = try map.number("forward_kl", in: 0...1e6) ?? weights.forward
        weights.reverse = try map.number("reverse_kl", in: 0...1e6) ?? weights.reverse
        weights.attention = try map.number("attention", in: 0...1e9) ?? weights.attention
        weights.temperature = try map.number("temperature", in: 0.1...100) ?? weights.temperature
        return weights
    }

    private func source(_ map: ConfigurationMap) throws -> DistillationSettings.Source {
        let choice = try map.choice("logits", Logits.self) ?? .live
        let topK = try map.integer("top_k", in: 1...1 << 12)
        let gibibytes = try map.number("cache_gib", in: 1e-6...16_384)
        if choice == .cached { return .cached(topK: topK ?? 32, bytesMax: Int((gibibytes ?? 8) * 0x1p30)) }
        if topK != nil { throw map.error("top_k", "is of no use without logits: cached") }
        if gibibytes != nil { throw map.error("cache_gib", "is of no use without logits: cached") }
        return .live
    }

    private func onPolicy(
        _ map: ConfigurationMap, _ work: TrainingRecipe.Work
    ) throws -> DistillationSettings.OnPolicy? {
        let fraction = try map.number("on_policy_fraction", in: 0...1) ?? 0
        let prompt = try map.integer("prompt_tokens", in: 1...work.windowTokens - 1)
        guard fraction > 0 else {
            if prompt != nil { throw map.error("prompt_tokens", "is of no use without on_policy_fraction") }
            return nil
        }
        return DistillationSettings.OnPolicy(
            fraction: fraction, promptTokens: prompt ?? max(1, work.windowTokens / 8))
    }
}
