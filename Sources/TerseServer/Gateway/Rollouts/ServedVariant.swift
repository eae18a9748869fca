import TerseConfiguration
import TerseOperations
import TerseRegistry

/// A registered variant as a server opens it.
struct ServedVariant: Sendable {
    let reference: ModelReference
    /// The files of its weights.
    let path: String
    /// What its deployment says of its engine, as a worker's options.
    let engine: [String]

    init(_ reference: ModelReference, path: String, engine: [String]) {
        (self.reference, self.path, self.engine) = (reference, path, engine)
    }

    /// Finds it in the registry, its files verified.
    /// - Throws: `RegistryError`; `ConfigurationError` for a deployment's spec that this program does not understand.
    init(_ reference: ModelReference, in registry: Registry) throws {
        let located = try registry.locate(reference)
        self.init(
            reference, path: located.storedPath ?? located.path,
            engine: try registry.deployedEngineArguments(of: reference))
    }
}

extension Registry {
    /// The options of an engine that the deployment states by which a variant was last let in to clients; none where there was
    /// no such deployment.
    /// - Throws: `RegistryError`; `ConfigurationError` for a spec that this program does not understand.
    public func deployedEngineArguments(of variant: ModelReference) throws -> [String] {
        guard let deployment = try latestDeployment(of: variant) else { return [] }
        let source = "spec of deployment \(deployment.id)"
        return try DeploymentSpec(ConfigurationFile.parse(deployment.spec, source: source)).engine.arguments
    }
}
