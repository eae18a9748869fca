import TerseConfiguration
import TerseModel
import TerseTensor

/// Reads a recipe's keys.
struct RecipeReader {
    /// The folder that paths are relative to.
    let folder: String

    private enum Activation: String, CaseIterable {
        case silu, squared_relu
    }

    private enum Matrices: String, CaseIterable {
        case muon, adamw
    }

    private enum Course: String, CaseIterable {
        case constant, linear, cosine, wsd, two_stage
    }

    private enum Trained: String, CaseIterable {
        case llama, bitnet
    }

    func read(_ map: ConfigurationMap) throws -> TrainingRecipe {
        let shape = try shape(try map.required("model", map.map("model")))
        let data = try data(try map.required("data", map.map("data")))
        let work = try work(try map.required("training", map.map("training")), shape)
        let optimizer = try optimizer(map.map("optimizer"))
        let (course, warmUp, floor) = try schedule(map.map("schedule"))
        let distillation = try map.map("distillation").map { try self.distillation($0, shape, work) }
        let recipe = TrainingRecipe(
            name: try map.required("name", map.string("name")), description: try map.string("description"),
            license: try map.string("license"),
            start: try map.string("from").map { WeightSource(path: path($0), name: $0) }, shape: shape,
            tokenizer: path(try map.required("tokenizer", map.string("tokenizer"))), data: data, work: work,
            optimizer: optimizer, course: course, warmUpSteps: warmUp, floor: floor,
            upkeep: try upkeep(map.map("upkeep")), distillation: distillation)
        if distillation?.weights.crossEntropy == 0, work.zLoss > 0 {
            throw map.error("training.z_loss", "is of no use with distillation.cross_entropy 0")
        }
        try map.finish()
        _ = try recipe.schedule()
        return recipe
    }

    func path(_ path: String) -> String { path.hasPrefix("/") ? path : folder + "/" + path }

    private func shape(_ map: ConfigurationMap) throws -> ModelShape {
        let width = try map.required("hidden_size", map.integer("hidden_size", in: 1...ModelShape.hiddenSizeMax))
        let heads = try map.required("heads", map.integer("heads", in: 1...ModelConfiguration.headCountMax))
        guard map.has("head_dimension") || width % heads == 0 else {
            throw map.error("heads", "expected a divisor of hidden_size \(width), found \(heads)")
        }
        var shape = ModelShape(
            layerCount: try map.required("layers", map.integer("layers", in: 1...ModelShape.layerCountMax)),
            hiddenSize: width,
            feedForwardSize: try map.required(
                "feed_forward_size", map.integer("feed_forward_size", in: 1...ModelShape.feedForwardSizeMax)),
            headCount: heads, kvHeadCount: try map.integer("kv_heads", in: 1...heads), vocabularySize: 2,
            contextLength: try map.required(
                "context_length", map.integer("context_length", in: 2...ModelShape.rowsMax)))
        if let dimension = try map.integer("head_dimension", in: 2...ModelShape.headDimensionMax) {
            shape.headDimension = dimension
        }
        shape.architecture = try map.choice("architecture", Trained.self) == .llama ? .llama : .bitnet
        shape.isTernary = try map.bool("ternary") ?? (shape.architecture == .bitnet)
        shape.tiesEmbeddings = try map.bool("tied_embeddings") ?? true
        let usual = shape.architecture == .llama ? Activation.silu : .squared_relu
        shape.activation = try map.choice("activation", Activation.self) ?? usual == .silu ? .silu : .squaredReLU
        if let base = try map.number("rotary_base", in: 2...1e9) { shape.rotaryBase = Float(base) }
        if let epsilon = try map.number("norm_epsilon", in: 1e-12...1) { shape.normEpsilon = Float(epsilon) }
        try map.finish()
        if shape.isTernary { try checkWidths(shape, map) }
        if let misfit = shape.misfit { throw map.error(misfit.key, misfit.message) }
        return shape
    }

    /// Ternary weights are served in blocks, which rows must fill: else other types would take their place, and what is
    /// served would not be what was trained.
    private func checkWidths(_ shape: ModelShape, _ map: ConfigurationMap) throws {
        let block = PackedTernary.type.blockElements
        let widths = [
            ("hidden_size", shape.hiddenSize, ""), ("feed_forward_size", shape.feedForwardSize, ""),
            ("heads", shape.querySize, "\(shape.headCount) heads of \(shape.headDimension), "),
        ]
        for (key, width, detail) in widths where width % block != 0 {
            throw map.error(
                key, "expected a width that is a multiple of \(block) in a ternary model, found \(detail)\(width)")
        }
    }

    private func data(_ map: ConfigurationMap) throws -> TrainingRecipe.Data {
        let training = try map.required("training", map.strings("training"))
        guard !training.isEmpty else { throw map.error("training", "expected files or folders, found an empty list") }
        let heldOut = try map.strings("held_out") ?? []
        let fraction = try map.number("held_out_fraction", in: 0...0.9)
        if !heldOut.isEmpty, fraction != nil {
            throw map.error("held_out_fraction", "is of no use beside held_out")
        }
        try map.finish()
        return TrainingRecipe.Data(
            training: training.map(path), heldOut: heldOut.map(path),
            heldOutFraction: heldOut.isEmpty ? fraction ?? 0.01 : 0)
    }

    private func work(_ map: ConfigurationMap, _ shape: ModelShape) throws -> TrainingRecipe.Work {
        let perStep = try map.integer("windows_per_step", in: 1...1 << 16) ?? 16
        let work = TrainingRecipe.Work(
            tokens: try map.required("tokens", map.integer("tokens", in: 1...1 << 50)),
            windowsPerStep: perStep,
            windowsAtOnce: try map.integer("windows_at_once", in: 1...perStep) ?? Self.windowsAtOnce(perStep),
            windowTokens: try map.integer("window_tokens", in: 2...shape.contextLength) ?? shape.contextLength,
            seed: UInt64(try map.integer("seed", in: 0...Int.max) ?? 1),
            recomputes: try map.bool("recompute_activations") ?? false,
            zLoss: try map.number("z_loss", in: 0...1) ?? 0,
            precision: try precision(map, shape))
        guard work.windowsPerStep % work.windowsAtOnce == 0 else {
            throw map.error(
                "windows_at_once", "expected a divisor of windows_per_step \(perStep), found \(work.windowsAtOnce)")
        }
        try map.finish()
        return work
    }

    private func precision(_ map: ConfigurationMap, _ shape: ModelShape) throws -> TrainingPrecision {
        var precision = TrainingPrecision()
        precision.products = try map.choice("precision", ProductPrecision.self) ?? precision.products
        guard let bits = try map.integer("gradient_bits", in: 1...32) else { return precision }
        guard shape.isTernary else { throw map.error("gradient_bits", "is of no use in a model that is not ternary") }
        guard let known = FixedPointProducts.GradientBits(rawValue: bits) else {
            throw map.error("gradient_bits", "expected 8 or 16, found \(bits)")
        }
        precision.gradients = known
        return precision
    }

    /// The largest divisor of `perStep` that is at most 8.
    private static func windowsAtOnce(_ perStep: Int) -> Int {
        (1...8).last { perStep % $0 == 0 } ?? 1
    }

    private func optimizer(_ map: ConfigurationMap?) throws -> OptimizerSettings {
        var settings = OptimizerSettings()
        guard let map else { return settings }
        let (rule, below) = (try map.choice("matrices", Matrices.self) ?? .muon, try map.map("muon"))
        if rule == .adamw {
            if below != nil { throw map.error("muon", "is of no use with matrices: adamw") }
            settings.matrices = .adamW
        } else if let below {
            settings.matrices = .muon(try muon(below))
        }
        settings.rate = try map.number("learning_rate", in: 0...10) ?? settings.rate
        settings.beta1 = try map.number("beta1", in: 0...0.999_999) ?? settings.beta1
        settings.beta2 = try map.number("beta2", in: 0...0.999_999) ?? settings.beta2
        settings.epsilon = try map.number("epsilon", in: 1e-30...1) ?? settings.epsilon
        settings.weightDecay = try map.number("weight_decay", in: 0...10) ?? settings.weightDecay
        settings.clipNorm = try map.number("clip_norm", in: 1e-12...1e12) ?? settings.clipNorm
        try map.finish()
        return settings
    }

    private func muon(_ map: ConfigurationMap) throws -> OptimizerSettings.MuonSettings {
        var muon = OptimizerSettings.MuonSettings()
        muon.rate = try map.number("learning_rate", in: 0...10) ?? muon.rate
        muon.momentum = try map.number("momentum", in: 0...0.999_999) ?? muon.momentum
        muon.weightDecay = try map.number("weight_decay", in: 0...10) ?? muon.weightDecay
        muon.iterations = try map.integer("iterations", in: 1...20) ?? muon.iterations
        try map.finish()
        return muon
    }

    private func schedule(_ map: ConfigurationMap?) throws -> (Schedule.Course, warmUp: Int, floor: Double) {
        let defaultDecay = 0.3
        guard let map else { return (.wsd(decayFraction: defaultDecay), 0, 0) }
        let decay = try map.number("decay_fraction", in: 0...1) ?? defaultDecay
        let peak = try map.number("second_peak", in: 0...1) ?? 2.0 / 3
        let warmUp = try map.integer("warm_up_steps", in: 0...1 << 40) ?? 0
        let floor = try map.number("floor", in: 0...1) ?? 0
        let chosen = try map.choice("course", Course.self) ?? .wsd
        for (key, course) in [("decay_fraction", Course.wsd), ("second_peak", .two_stage)]
        where map.has(key) && chosen != course {
            throw map.error(key, "is of no use with course \(chosen.rawValue)")
        }
        if map.has("floor"), chosen == .constant { throw map.error("floor", "is of no use with course constant") }
        let course: Schedule.Course =
            switch chosen {
            case .constant: .constant
            case .linear: .linear
            case .cosine: .cosine
            case .wsd: .wsd(decayFraction: decay)
            case .two_stage: .twoStage(secondPeak: peak)
            }
        try map.finish()
        return (course, warmUp, floor)
    }

    private func upkeep(_ map: ConfigurationMap?) throws -> TrainingRecipe.Upkeep {
        let minutes = try map?.number("checkpoint_minutes", in: 0.01...1440) ?? 10
        let upkeep = TrainingRecipe.Upkeep(
            evaluatedEverySteps: try map?.integer("evaluate_every_steps", in: 1...1 << 40) ?? 250,
            evaluatedWindows: try map?.integer("evaluation_windows", in: 1...1 << 20) ?? 64,
            checkpointEvery: .seconds(minutes * 60),
            checkpointEverySteps: try map?.integer("checkpoint_every_steps", in: 1...1 << 40),
            checkpointsKept: try map?.integer("checkpoints_kept", in: 1...1000) ?? 2,
            loggedEverySteps: try map?.integer("log_every_steps", in: 1...1 << 40) ?? 10)
        try map?.finish()
        return upkeep
    }
}
