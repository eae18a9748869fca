import Foundation
import TerseJSON

/// Rotary embedding: its base and how config.json stretches it.
///
/// transformers 5 writes `rope_parameters`; older versions `rope_scaling` with `rope_theta` beside it, and `type` for
/// `rope_type`.
struct HuggingFaceRope {
    enum Scaling {
        case none
        case linear(factor: Double)
        case yarn(Yarn)
        case llama3(Llama3)
    }

    struct Yarn {
        let factor: Double
        let originalContext: Int
        let attentionFactor: Double?
        let betaFast: Double?
        let betaSlow: Double?
    }

    struct Llama3 {
        let factor: Double
        let lowFrequencyFactor: Double
        let highFrequencyFactor: Double
        let originalContext: Int
    }

    let theta: Double
    let scaling: Scaling

    init(_ file: JSONFile, architecture: HuggingFaceArchitecture, contextLength: Int) throws(FormatError) {
        let rope = try Self.settings(file)
        theta = try rope.number("rope_theta") ?? architecture.ropeThetaDefault
        guard theta > 0, theta.isFinite else {
            throw FormatError(.invalid, "\(rope.path): rope_theta: expected a positive number, found \(theta)")
        }
        if let part = try rope.number("partial_rotary_factor"), part != 1 {
            throw FormatError(.unsupported, "\(rope.path): partial_rotary_factor \(part); only whole heads are rotated")
        }
        let original = try rope.extent(
            "original_max_position_embeddings", max: HuggingFaceConfiguration.contextMax)
        let type = try rope.string("rope_type", "type") ?? "default"
        switch type {
        case "default": scaling = .none
        case "linear": scaling = .linear(factor: try Self.factor(rope))
        case "yarn": scaling = .yarn(try Self.yarn(rope, originalContext: original ?? contextLength))
        case "llama3":
            guard architecture == .llama else {
                throw FormatError(
                    .unsupported, "\(rope.path): rope_type llama3 with architecture \(architecture.rawValue)")
            }
            scaling = .llama3(try Self.llama3(rope, originalContext: original ?? 8192))
        default:
            throw FormatError(
                .unsupported,
                "\(rope.path): rope_type: expected default, linear, yarn or llama3, found \(type.debugDescription)")
        }
    }

    /// The rotary settings, with what older files keep beside them.
    private static func settings(_ file: JSONFile) throws(FormatError) -> JSONFile {
        let current = try file.object("rope_parameters")
        let older = try file.object("rope_scaling")
        var rope = current ?? older ?? JSONFile(path: file.path, root: JSONObject())
        if let full = try rope.object("full_attention") { rope = full }
        var root = rope.root
        for key in ["rope_theta", "partial_rotary_factor", "original_max_position_embeddings"] where rope[key] == nil {
            root[key] = file[key]
        }
        return JSONFile(path: rope.path, root: root)
    }

    private static func factor(_ rope: JSONFile) throws(FormatError) -> Double {
        try positive(rope, "factor", rope.required("factor", rope.number("factor")))
    }

    private static func positive(_ rope: JSONFile, _ key: String, _ value: Double) throws(FormatError) -> Double {
        guard value > 0, value.isFinite else {
            throw FormatError(.invalid, "\(rope.path): \(key): expected a positive number, found \(value)")
        }
        return value
    }

    private static func yarn(_ rope: JSONFile, originalContext: Int) throws(FormatError) -> Yarn {
        for key in ["mscale", "mscale_all_dim"] where rope[key] != nil {
            throw FormatError(.unsupported, "\(rope.path): \(key) is not supported with rope_type yarn")
        }
        guard try rope.bool("truncate") ?? true else {
            throw FormatError(.unsupported, "\(rope.path): truncate false is not supported with rope_type yarn")
        }
        return Yarn(
            factor: try factor(rope), originalContext: originalContext,
            attentionFactor: try rope.number("attention_factor", "attn_factor"),
            betaFast: try rope.number("beta_fast"), betaSlow: try rope.number("beta_slow"))
    }

    private static func llama3(_ rope: JSONFile, originalContext: Int) throws(FormatError) -> Llama3 {
        let low = try positive(rope, "low_freq_factor", rope.number("low_freq_factor") ?? 1)
        let high = try positive(rope, "high_freq_factor", rope.number("high_freq_factor") ?? 4)
        guard low != high else {
            throw FormatError(.invalid, "\(rope.path): low_freq_factor and high_freq_factor are both \(low)")
        }
        return Llama3(
            factor: try positive(rope, "factor", rope.number("factor") ?? 8), lowFrequencyFactor: low,
            highFrequencyFactor: high, originalContext: originalContext)
    }

    /// What each pair's frequency is divided by under llama-3 scaling: GGUF's `rope_freqs.weight`.
    ///
    /// Long waves are stretched by the whole factor, short ones not at all, those between smoothly. Source: the
    /// `llama3` rule of transformers' modeling_rope_utils.py. Float32 as there.
    func frequencyDivisors(headDimension: Int) -> [Float]? {
        guard case .llama3(let llama3) = scaling else { return nil }
        let original = Float(llama3.originalContext)
        let low = Float(llama3.lowFrequencyFactor)
        let high = Float(llama3.highFrequencyFactor)
        let factor = Float(llama3.factor)
        return (0..<headDimension / 2).map { pair in
            let frequency = 1 / powf(Float(theta), Float(2 * pair) / Float(headDimension))
            let wavelength = 2 * Float.pi / frequency
            if wavelength < original / high { return 1 }
            if wavelength > original / low { return factor }
            let smooth = (original / wavelength - low) / (high - low)
            return 1 / ((1 - smooth) / factor + smooth)
        }
    }
}
