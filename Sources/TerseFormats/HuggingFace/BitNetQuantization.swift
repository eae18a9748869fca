/// How the linear layers of a Hugging Face model are made ternary: `quantization_config` with method `bitnet`.
///
/// Source: transformers' integrations/bitnet.py.
struct BitNetQuantization {
    /// What a packed weight's `weight_scale` does. `AutoBitLinear` multiplies by it, `BitLinear` divides.
    enum ScaleRule {
        case multiplies
        case divides
    }

    let scaleRule: ScaleRule

    /// Nil when the weights are ordinary. BitNet models are ternary whether or not they say so.
    init?(_ file: JSONFile, architecture: HuggingFaceArchitecture) throws(FormatError) {
        guard let settings = try file.object("quantization_config") else {
            guard architecture == .bitnet else { return nil }
            scaleRule = .multiplies
            return
        }
        let method = try settings.string("quant_method") ?? "(none)"
        guard method == "bitnet" else {
            throw FormatError(.unsupported, "\(settings.path): quant_method: expected bitnet, found \(method)")
        }
        guard try settings.bool("use_rms_norm") != true else {
            throw FormatError(.unsupported, "\(settings.path): use_rms_norm (a norm before every linear layer)")
        }
        switch try settings.string("linear_class") ?? "bitlinear" {
        case "autobitlinear": scaleRule = .multiplies
        case "bitlinear": scaleRule = .divides
        case let other:
            throw FormatError(
                .unsupported, "\(settings.path): linear_class: expected autobitlinear or bitlinear, found \(other)")
        }
    }
}
