import ArgumentParser
import TerseEngine
import TerseFormats
import TerseModel
import TerseOperations
import TerseRegistry
import TerseTensor

/// What a spec states and the registry or the models' files may contradict: errors name the spec's file and line.
extension DeploymentSpec {
    /// The variant that a key's value names, by its own name.
    /// - Throws: `ConfigurationError` where there is none; `RegistryError` when the registry cannot be read.
    func variant(_ name: String, at key: Key, in registry: Registry) throws -> ModelReference {
        do { return try registry.pinned(try ModelReference(name)) } catch {
            guard [.invalid, .notFound].contains(error.code) else { throw error }
            throw self.error(key, error.message)
        }
    }

    /// What quality is compared with: the variant that the spec names, else what is live; nil where that is nothing.
    /// - Throws: as `variant`.
    func parent(of candidate: ModelReference, in registry: Registry) throws -> ModelReference? {
        guard let named = quality.parent else {
            return try registry.aliases(of: candidate.name).production(of: candidate.name)
        }
        let parent = try variant(named, at: .parent, in: registry)
        guard parent != candidate else {
            throw error(.parent, "expected another variant than the candidate, found \(parent)")
        }
        return parent
    }

    /// - Throws: as `parent`, and `ConfigurationError` where a comparison is asked for and the two have different tokens.
    func checkParent(of candidate: ModelReference, _ configuration: ModelConfiguration, in registry: Registry) throws {
        guard let parent = try self.parent(of: candidate, in: registry),
            quality.parent != nil || requirements.contains(where: { $0.quantity.isComparison })
        else { return }
        let tokens = try ModelConfiguration(ModelPath.open(parent, in: registry)).vocabularySize
        guard tokens == configuration.vocabularySize else {
            throw error(
                .parent,
                "expected a variant with the candidate's vocabulary of \(configuration.vocabularySize) tokens, "
                    + "found \(parent) with \(tokens)")
        }
    }

    /// What the engine would take for the candidate, which can hold the load.
    /// - Throws: `ConfigurationError` for a load that is too long for it, and for too little memory; `ModelError`.
    func memoryPlan(for model: Model, of candidate: ModelReference) throws -> MemoryPlan {
        let options = try EngineArguments.parse(engine.arguments).options()
        let plan: MemoryPlan
        do { plan = try options.memoryPlan(for: model) } catch {
            guard error.code == .outOfMemory else { throw error }
            throw self.error(.memory, error.message)
        }
        let most = min(plan.contextLength, plan.kvBlockCount * KVLayout.blockTokens)
        guard load.promptTokens + load.outputTokens <= most else {
            throw error(
                .load,
                "expected prompts and answers of at most \(most) tokens together, which \(candidate) takes, "
                    + "found \(load.promptTokens) and \(load.outputTokens)")
        }
        return plan
    }
}
