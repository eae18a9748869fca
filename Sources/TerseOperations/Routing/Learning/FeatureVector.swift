import Foundation

/// A request as the numbers that quality is predicted from, each of about 1.
enum FeatureVector {
    /// Numbers of every vector.
    static let count = 14

    static func values(_ request: RequestFeatures) -> [Double] {
        let traits = request.traits
        let tokens = Double(max(1, request.promptTokens))
        return [
            1,
            (log2(tokens) - 7) / 3,
            // Text that a vocabulary was not made for falls to pieces.
            min(2, Double(request.promptBytes) / tokens / 4),
            traits.kind == .code ? 1 : 0,
            traits.kind == .mathematics ? 1 : 0,
            traits.script == .latin ? 0 : 1,
            min(1, traits.englishShare * 2),
            min(1, traits.digitShare * 10),
            min(1, traits.uppercaseShare * 5),
            min(1, traits.symbolShare * 5),
            min(1, traits.spaceShare * 4),
            min(2, traits.lettersPerWord / 5),
            request.structure == .text ? 0 : 1,
            min(1, Double(request.conversationDepth) / 10),
        ]
    }
}
