import Foundation
import TestSupport
import Testing

@testable import TerseTraining

/// A recipe is read strictly: what it says wrong is named with its line.
@Suite struct RecipeTests {
    static let text = """
        name: tiny
        tokenizer: tok.json
        model:
          architecture: bitnet
          layers: 2
          hidden_size: 256
          feed_forward_size: 512
          heads: 4
          kv_heads: 2
          context_length: 32
        data:
          training: [books, /absolute/file.txt]
        training:
          tokens: 10_000
          windows_per_step: 8
        """

    static func open(_ text: String) throws -> TrainingRecipe {
        let folder = try TemporaryFolder()
        return try TrainingRecipe.open(folder.write(text.utf8, "recipe.yaml"))
    }

    @Test func defaultsAreFilledIn() throws {
        let recipe = try Self.open(Self.text)
        #expect(recipe.shape.isTernary && recipe.shape.activation == .squaredReLU && recipe.shape.tiesEmbeddings)
        #expect(recipe.shape.headDimension == 64 && recipe.shape.kvHeadCount == 2)
        #expect(recipe.tokensPerStep == 256 && recipe.stepCount == 40)
        #expect(recipe.data.training[0].hasSuffix("/books") && recipe.data.training[0].hasPrefix("/"))
        #expect(recipe.data.training[1] == "/absolute/file.txt")
        #expect(recipe.optimizer == OptimizerSettings() && recipe.course == .wsd(decayFraction: 0.3))
    }

    /// Of a float model under AdamW: every value differs from the default and from its neighbours'.
    @Test func everyKeyOfAFloatModelIsUsed() throws {
        let recipe = try Self.open(
            """
            name: all
            description: cannot chat
            license: Apache-2.0
            from: /runs/before
            tokenizer: /tok.json
            model: {architecture: llama, ternary: false, layers: 1, hidden_size: 48, feed_forward_size: 64, heads: 6,
                    kv_heads: 3, head_dimension: 32, context_length: 80, tied_embeddings: false,
                    activation: squared_relu, rotary_base: 500000, norm_epsilon: 1e-6}
            data: {training: /a.txt, held_out: [/b.txt, /c.txt]}
            training: {tokens: 9_000, windows_per_step: 4, windows_at_once: 2, window_tokens: 16, seed: 7,
                       recompute_activations: true, z_loss: 1e-4, precision: bfloat16}
            optimizer: {matrices: adamw, learning_rate: 0.002, beta1: 0.8, beta2: 0.85, epsilon: 1e-7,
                        weight_decay: 0.05, clip_norm: 2}
            schedule: {course: two_stage, second_peak: 0.5, warm_up_steps: 11, floor: 0.1}
            upkeep: {evaluate_every_steps: 3, evaluation_windows: 4, checkpoint_minutes: 1.5,
                     checkpoint_every_steps: 9, checkpoints_kept: 5, log_every_steps: 2}
            """)
        #expect(recipe.name == "all" && recipe.description == "cannot chat" && recipe.license == "Apache-2.0")
        #expect(recipe.start == WeightSource(path: "/runs/before", name: "/runs/before"))
        #expect(recipe.tokenizer == "/tok.json")
        var shape = ModelShape(
            layerCount: 1, hiddenSize: 48, feedForwardSize: 64, headCount: 6, kvHeadCount: 3, vocabularySize: 2,
            contextLength: 80)
        (shape.architecture, shape.headDimension, shape.activation) = (.llama, 32, .squaredReLU)
        (shape.rotaryBase, shape.normEpsilon, shape.tiesEmbeddings) = (500_000, 1e-6, false)
        #expect(recipe.shape == shape)
        #expect(recipe.data == .init(training: ["/a.txt"], heldOut: ["/b.txt", "/c.txt"], heldOutFraction: 0))
        var precision = TrainingPrecision()
        precision.products = .bfloat16
        #expect(
            recipe.work
                == .init(
                    tokens: 9000, windowsPerStep: 4, windowsAtOnce: 2, windowTokens: 16, seed: 7, recomputes: true,
                    zLoss: 1e-4, precision: precision))
        var optimizer = OptimizerSettings()
        (optimizer.matrices, optimizer.rate, optimizer.beta1, optimizer.beta2) = (.adamW, 0.002, 0.8, 0.85)
        (optimizer.epsilon, optimizer.weightDecay, optimizer.clipNorm) = (1e-7, 0.05, 2)
        #expect(recipe.optimizer == optimizer)
        #expect(recipe.course == .twoStage(secondPeak: 0.5) && recipe.warmUpSteps == 11 && recipe.floor == 0.1)
        #expect(
            recipe.upkeep
                == .init(
                    evaluatedEverySteps: 3, evaluatedWindows: 4, checkpointEvery: .seconds(90),
                    checkpointEverySteps: 9, checkpointsKept: 5, loggedEverySteps: 2))
    }

    /// What only a ternary model, Muon and the other course have.
    @Test func everyFurtherKeyOfATernaryModelIsUsed() throws {
        let recipe = try Self.open(
            Self.text.replacing("windows_per_step: 8", with: "windows_per_step: 8\n  gradient_bits: 8")
                .replacing("[books, /absolute/file.txt]", with: "books\n  held_out_fraction: 0.2") + """

                    optimizer:
                      matrices: muon
                      muon: {learning_rate: 0.03, momentum: 0.9, weight_decay: 0.2, iterations: 4}
                    schedule: {course: wsd, decay_fraction: 0.4}
                    """)
        var muon = OptimizerSettings.MuonSettings()
        (muon.rate, muon.momentum, muon.weightDecay, muon.iterations) = (0.03, 0.9, 0.2, 4)
        #expect(recipe.optimizer.matrices == .muon(muon) && recipe.course == .wsd(decayFraction: 0.4))
        #expect(recipe.work.precision.gradients == .eight && recipe.data.heldOutFraction == 0.2)
    }

    @Test func aTeacherIsReadStrictly() throws {
        let recipe = try Self.open(
            Self.text + """

                from: runs/float
                distillation:
                  teacher: /models/large.gguf
                  cross_entropy: 0.5
                  forward_kl: 2
                  reverse_kl: 0.25
                  temperature: 4
                  attention: 10
                  student_layer: 1
                  teacher_layer: 5
                  relation_heads: 8
                  on_policy_fraction: 0.2
                """)
        #expect(recipe.start?.name == "runs/float" && recipe.start?.path.hasSuffix("/runs/float") == true)
        let settings = try #require(recipe.distillation)
        #expect(settings.teacher.path == "/models/large.gguf" && settings.source == .live)
        #expect(settings.weights.crossEntropy == 0.5 && settings.weights.forward == 2)
        #expect(settings.weights.reverse == 0.25 && settings.weights.temperature == 4)
        #expect(settings.weights.attention == 10)
        #expect(settings.relation == .init(studentLayer: 1, teacherLayer: 5, heads: 8))
        #expect(settings.onPolicy == .init(fraction: 0.2, promptTokens: 4))
        for (keys, message) in [
            ("forward_kl: 0", "nothing is learned from the teacher"),
            ("top_k: 3", "top_k: is of no use without logits: cached"),
            ("student_layer: 1", "student_layer: is of no use without attention"),
            ("attention: 1, student_layer: 2", "student_layer"),
            ("prompt_tokens: 3", "prompt_tokens: is of no use without on_policy_fraction"),
            ("logits: cached, attention: 1", "attention and on_policy_fraction need live ones"),
            ("forwrd_kl: 1", "did you mean forward_kl?"),
        ] {
            let error = #expect(throws: TrainingError.self) {
                try Self.open(Self.text + "\ndistillation: {teacher: t.gguf, \(keys)}\n")
            }
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        }
    }

    @Test(arguments: [
        ("layers: 2", "layer: 2", ":5: model.layer: unknown key; did you mean layers?"),
        ("  layers: 2\n", "", "model.layers is missing"),
        ("heads: 4", "heads: 5", ":8: model.heads: expected a divisor of hidden_size 256, found 5"),
        ("kv_heads: 2", "kv_heads: 3", ":9: model.kv_heads: expected a divisor of heads 4, found 3"),
        ("architecture: bitnet", "architecture: gpt", "expected llama, bitnet, found \"gpt\""),
        (
            "architecture: bitnet", "architecture: llama\n  ternary: true",
            ":5: model.ternary: expected architecture bitnet, found llama"
        ),
        (
            "hidden_size: 256", "hidden_size: 384",
            ":6: model.hidden_size: expected a width that is a multiple of 256 in a ternary model, found 384"
        ),
        ("hidden_size: 256", "hidden_size: 100", ":6: model.hidden_size: expected a width that is a multiple of 256"),
        (
            "architecture: bitnet", "architecture: llama\n  head_dimension: 25",
            ":9: model.heads: expected an even head_dimension up to 1024, found 25"
        ),
        ("feed_forward_size: 512", "feed_forward_size: 640", ":7: model.feed_forward_size: expected a width"),
        ("heads: 4", "heads: 4\n  head_dimension: 32", ":8: model.heads: expected a width that is a multiple of 256"),
        ("[books, /absolute/file.txt]", "[]", ":12: data.training: expected files or folders, found an empty list"),
        ("tokens: 10_000", "tokens: 10k", "training.tokens: expected a whole number"),
        ("tokens: 10_000", "tokens: 1:1:1:1:1:1:1:1:1:1:1:1:1", "training.tokens: expected a whole number"),
        ("tokens: 10_000", "tokens: 0100", "training.tokens: expected a whole number"),
        (
            "windows_per_step: 8",
            "windows_per_step: 8\n  z_loss: 0.1\ndistillation: {teacher: t, cross_entropy: 0}", "z_loss: is of no use"
        ),
        (
            "windows_per_step: 8", "windows_per_step: 8\n  windows_at_once: 3",
            "expected a divisor of windows_per_step 8"
        ),
        ("windows_per_step: 8", "windows_per_step: 8\n  window_tokens: 64", "from 2 to 32"),
        ("windows_per_step: 8", "windows_per_step: 8\n  gradient_bits: 9", "expected 8 or 16, found 9"),
        ("windows_per_step: 8", "windows_per_step: 8\n  precision: half", "training.precision: expected"),
        (
            "training: [books, /absolute/file.txt]", "training: x\n  held_out: y\n  held_out_fraction: 0.1",
            "is of no use"
        ),
        ("name: tiny", "name: tiny\nschedule: {warm_up_steps: 99}", "schedule.warm_up_steps: expected at most the 40"),
        (
            "name: tiny", "name: tiny\nschedule: {course: constant, floor: 0.1}",
            "floor: is of no use with course constant"
        ),
        (
            "name: tiny", "name: tiny\noptimizer: {matrices: adamw, muon: {momentum: 0.9}}",
            ":2: optimizer.muon: is of no use with matrices: adamw"
        ),
        ("name: tiny", "name: tiny\noptimizer: {beta1: 1}", "optimizer.beta1: expected"),
        ("name: tiny", "name: tiny\noptimizer: {learning_rate: .inf}", "optimizer.learning_rate: expected"),
        ("name: tiny", "name: tiny\noptimizer: {muon: {iterations: 0}}", "optimizer.muon.iterations: expected"),
        ("name: tiny", "name: tiny\nschedule: {decay_fraction: 2}", "schedule.decay_fraction: expected"),
        (
            "name: tiny", "name: tiny\nschedule: {course: linear, decay_fraction: 0.2}",
            "is of no use with course linear"
        ),
        ("name: tiny", "name: tiny\noptimiser: {}", ":2: optimiser: unknown key; did you mean optimizer?"),
    ])
    func mistakesAreNamed(old: String, new: String, message: String) throws {
        let error = #expect(throws: TrainingError.self) { try Self.open(Self.text.replacing(old, with: new)) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("recipe.yaml") == true, "\(error?.message ?? "")")
    }

    /// So many windows at once as divide a step's, at most eight.
    @Test(arguments: [(16, 8), (12, 6), (7, 7), (11, 1), (30, 6)]) func windowsAtOnceDivideAStep(
        perStep: Int, atOnce: Int
    ) throws {
        let text = Self.text.replacing("windows_per_step: 8", with: "windows_per_step: \(perStep)")
        #expect(try Self.open(text).work.windowsAtOnce == atOnce)
    }
}
