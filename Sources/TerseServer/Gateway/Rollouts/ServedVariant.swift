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
    /// What keeps its files there for workers that are started again.
    let lease: Lease?

    init(_ reference: ModelReference, path: String, engine: [String], lease: Lease?) {
        (self.reference, self.path, self.engine, self.lease) = (reference, path, engine, lease)
    }

    /// Finds it in the registry, its files verified.
    /// - Throws: `RegistryError`; `ConfigurationError` for a deployment's spec that this program does not understand.
    init(_ reference: ModelReference, in registry: Registry) throws {
        let located = try registry.locate(reference)
        self.init(
            reference, path: located.lastingPath,
            engine: try registry.deployedEngine(of: reference).arguments, lease: try registry.hold(reference))
    }
}

extension Registry {
    /// What the deployment states of its engine by which a variant was last let in to clients; nothing where there was no such
    /// deployment.
    /// - Throws: `RegistryError`; `ConfigurationError` for a spec that this program does not understand.
    public func deployedEngine(of variant: ModelReference) throws -> EngineLimits {
        guard let deployment = try latestDeployment(of: variant) else { return EngineLimits() }
        let source = "spec of deployment \(deployment.id)"
        return try DeploymentSpec(ConfigurationFile.parse(deployment.spec, source: source)).engine
    }
}
