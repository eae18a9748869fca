extension Profile {
    /// What profiles have figures of. Records keep the names, so that an older program reads what a newer one measured.
    public enum Quantity: String, Sendable, CaseIterable {
        case perplexity
        case bitsPerByte = "bits_per_byte"
        /// Of the parent's distribution from this variant's, D(parent ‖ variant).
        case divergence = "kl_divergence"
        /// Share of positions where parent and variant find the same token most probable.
        case agreement = "top1_agreement"
        case choiceAccuracy = "choice_accuracy"
        /// With each answer's log-probability divided by its length.
        case choiceAccuracyNormalized = "choice_accuracy_normalized"
        /// Of all prompts that come at once.
        case promptRate = "prompt_tokens_per_second"
        /// Of all sequences that are generated at once.
        case generationRate = "generation_tokens_per_second"
        /// Until the last of the prompts that come at once has its first token.
        case timeToFirstToken = "time_to_first_token_seconds"
        /// Between two tokens of a sequence.
        case timePerOutputToken = "time_per_output_token_seconds"
        case promptEnergy = "prompt_joules_per_token"
        case generationEnergy = "generation_joules_per_token"
        case loadTime = "load_seconds"
        /// Of the process after it ran the largest batch, mapped weights included.
        case residentMemory = "resident_bytes"
        /// Of the weights in their encodings.
        case weights = "weight_bytes"

        /// As units are written in UCUM, `1` for what has none; tokens, bits and bytes by name.
        public var unit: String {
            switch self {
            case .perplexity, .agreement, .choiceAccuracy, .choiceAccuracyNormalized: "1"
            case .bitsPerByte: "bit/byte"
            case .divergence: "nat/token"
            case .promptRate, .generationRate: "token/s"
            case .timeToFirstToken, .timePerOutputToken, .loadTime: "s"
            case .promptEnergy, .generationEnergy: "J/token"
            case .residentMemory, .weights: "byte"
            }
        }
    }

    /// The figure of a quantity, if it was found.
    /// - Parameter batch: the sequences computed together.
    public func figure(_ quantity: Quantity, batch: Int = 1) -> Figure? {
        figures.first { $0.quantity == quantity.rawValue && $0.batch == batch }
    }
}
