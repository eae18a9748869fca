import TerseOperations
import TerseRegistry

extension VariantProfile {
    /// What a recorded profile says that a router needs. Rates and joules are those of the smallest batch.
    /// - Parameters:
    ///   - name: what clients call the model.
    ///   - contextTokens: of a prompt and its answer together, as it is served.
    /// - Throws: `ServerError` naming the figure that it lacks.
    public init(name: String, _ profile: Profile, contextTokens: Int) throws(ServerError) {
        func figures(_ quantity: Profile.Quantity) throws(ServerError) -> [Profile.Figure] {
            let found = profile.figures.filter { $0.quantity == quantity.rawValue }.sorted { $0.batch < $1.batch }
            guard !found.isEmpty else { throw ServerError("expected a figure \(quantity.rawValue), found none") }
            return found
        }
        let joules = try figures(.generationEnergy)[0]
        self.init(
            name: name, bitsPerByte: try figures(.bitsPerByte)[0].value,
            promptTokensPerSecond: try figures(.promptRate)[0].value,
            steps: try figures(.timePerOutputToken).map { Step(streams: $0.batch, seconds: $0.value) },
            joulesPerPromptToken: try figures(.promptEnergy)[0].value, joulesPerOutputToken: joules.value,
            energyBasis: joules.basis == .measured ? .measured : .estimated,
            memoryBytes: Int(exactly: (try figures(.weights)[0].value).rounded()) ?? 0, contextTokens: contextTokens)
        do { try check() } catch { throw ServerError("\(error)") }
    }
}
