/// All that a router has learned: what should outlive its process.
public struct RouterKnowledge: Sendable, Equatable, Codable {
    /// The variants, in the order of the profiles, and the best of them: losses are measured from it.
    let names: [String]
    let best: String
    var scale = RequestScale()
    /// What the best variant needs for a text, in bits per byte, beyond its profile.
    var bestQuality = RidgeModel(
        features: FeatureVector.count, priorDeviation: Self.qualityDeviation, noiseDeviation: Self.qualityDeviation)
    var variants: [LearnedVariant]
    var likelihoods = RecentLikelihoods()

    /// Of bits per byte, between texts.
    private static let qualityDeviation = 0.4

    init(_ plan: RouterPlan, best: VariantProfile) {
        names = plan.profiles.map(\.name)
        self.best = best.name
        variants = plan.profiles.map {
            LearnedVariant(
                profileLoss: $0.bitsPerByte - best.bitsPerByte,
                observationsBetweenFalseAlarms: plan.observationsBetweenFalseAlarms)
        }
    }

    /// Takes over what others have learned that is true of these variants, too.
    /// - Parameters:
    ///   - changed: the variant that is another now.
    ///   - isSameLeast: whether the least demanding variant is the one that it was.
    mutating func inherit(from other: RouterKnowledge, except changed: Int, isSameLeast: Bool) {
        scale = other.scale
        let isSameBest = best == other.best && names[changed] != best
        if isSameBest { bestQuality = other.bestQuality }
        if isSameLeast { likelihoods = other.likelihoods }
        for index in variants.indices where index != changed {
            if isSameBest {
                variants[index] = other.variants[index]
            } else {
                variants[index].inherit(from: other.variants[index])
            }
        }
    }

    /// Whether a router of this program can go on with it: another version may have other features.
    var isWhole: Bool {
        variants.count == names.count && variants.allSatisfy(\.isWhole) && likelihoods.isWhole
            && bestQuality.isWhole(features: FeatureVector.count)
    }
}
