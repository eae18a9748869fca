/// The names of scales: `X.scale`, one float32, multiplies `X.weight` where the weight's type has no place for it.
///
/// Source: the tensors that llama.cpp's loader looks for beside BitNet's weights.
enum ScaleName {
    private static let scale = ".scale"
    private static let weight = ".weight"

    /// Where the scale of the tensor `name` goes; nil when it is no weight.
    static func scale(of name: String) -> String? {
        name.hasSuffix(weight) ? name.dropLast(weight.count) + scale : nil
    }

    /// What the tensor `name` would multiply; nil when it is no scale.
    static func weight(of name: String) -> String? {
        name.hasSuffix(scale) ? name.dropLast(scale.count) + weight : nil
    }
}
