import Foundation
import GRDB

extension Registry {
    /// Begins a deployment of a variant.
    /// - Parameters:
    ///   - spec: YAML.
    ///   - source: the spec's file.
    /// - Throws: `RegistryError`: `notFound`, `conflict` when the model has a deployment under way or production points to the
    ///   variant. Nothing was recorded then.
    public func beginDeployment(
        of reference: ModelReference, spec: String, source: String?, by: Attribution
    ) throws(RegistryError) -> DeploymentRecord {
        try by.check()
        try RecordText.check(spec, "spec", bytesMax: RegistryLimits.specBytesMax)
        try RecordText.check(source ?? "", "path of the spec", bytesMax: RegistryLimits.sourceBytesMax)
        return try write { db in
            let (catalog, ledger) = (Catalog(db: db), DeploymentLedger(db: db))
            let (model, variant) = try (catalog.modelID(reference.name), catalog.variant(reference).variant.id)
            let live = try AliasTarget.fetchAll(db, model: model).production(of: reference.name)
            let candidate = try catalog.reference(variant: variant)
            if candidate == live {
                throw RegistryError(.conflict, "\(candidate): expected another variant than production points to")
            }
            let running = DeploymentLedger.isRunning + " AND deployment.model_id = ?"
            if let other = try ledger.deployments(where: running, [model]).first {
                throw RegistryError(
                    .conflict,
                    "\(reference.name): deployment \(other.id) of \(other.candidate) is under way; resume or withdraw it"
                )
            }
            let id = try ledger.add(model: model, candidate: variant, spec: spec, source: source, by: by)
            try ledger.add(.begun, to: id, details: "{}", by: by)
            return try ledger.deployment(id)
        }
    }

    /// Records what happened in a deployment, but for the two ends that bring the variant to clients.
    /// - Parameter details: a JSON object.
    /// - Throws: `RegistryError`: `notFound`; `conflict` when it has ended. Nothing was recorded then.
    @discardableResult
    public func record(
        _ kind: DeploymentRecord.Event.Kind, ofDeployment id: Int64, details: String = "{}", by: Attribution
    ) throws(RegistryError) -> DeploymentRecord {
        try by.check()
        try RecordText.check(details, "details", bytesMax: RegistryLimits.detailsBytesMax)
        return try write { db in
            let ledger = DeploymentLedger(db: db)
            try Self.checkRunning(try ledger.deployment(id))
            try ledger.add(kind, to: id, details: details, by: by)
            return try ledger.deployment(id)
        }
    }

    /// Ends a deployment by a rollout of its variant; where nothing is live, by pointing production to it. Either is one
    /// transaction.
    /// - Parameters:
    ///   - plan: the rollout's, a JSON object.
    ///   - state: what the rollout is at first, a JSON object.
    ///   - weight: the candidate's share of conversations at first.
    /// - Throws: `RegistryError`: `conflict` when the deployment has ended, or the model has a rollout under way. Nothing was
    ///   changed then.
    public func finishDeployment(
        _ id: Int64, plan: String, state: String, weight: Double, by: Attribution
    ) throws(RegistryError) -> DeploymentRecord {
        try by.check()
        try RecordText.check(plan, "plan", bytesMax: RegistryLimits.rolloutPlanBytesMax)
        try RecordText.check(state, "state", bytesMax: RegistryLimits.rolloutStateBytesMax)
        return try write { db in
            let (catalog, ledger) = (Catalog(db: db), DeploymentLedger(db: db))
            let deployment = try ledger.deployment(id)
            try Self.checkRunning(deployment)
            let model = try catalog.modelID(deployment.model)
            let isLive = try AliasTarget.fetchAll(db, model: model).contains { $0.alias == RegistryName.production }
            if isLive {
                let rollout = try Self.beginRollout(
                    of: deployment.candidate, plan: plan, state: state, weight: weight, by: by, db)
                try ledger.add(.rolledOut, to: id, details: "{}", rollout: rollout.id, by: by)
            } else {
                let alias = AliasLedger(db: db, model: model, alias: RegistryName.production, by: by)
                try alias.set(try catalog.variant(deployment.candidate).variant.id)
                try ledger.add(.live, to: id, details: "{}", by: by)
            }
            return try ledger.deployment(id)
        }
    }

    private static func checkRunning(_ deployment: DeploymentRecord) throws(RegistryError) {
        guard let end = deployment.end else { return }
        throw RegistryError(
            .conflict,
            "deployment \(deployment.id) of \(deployment.candidate) was \(end.kind.rawValue) at "
                + "\(Timestamp.text(end.made.date)) by \(end.made.author)")
    }

    /// - Throws: `RegistryError` (`notFound`).
    public func deployment(_ id: Int64) throws(RegistryError) -> DeploymentRecord {
        try read { try DeploymentLedger(db: $0).deployment(id) }
    }

    /// All deployments, or a model's, the first one first.
    /// - Parameter count: so many of the latest; nil: all.
    /// - Throws: `RegistryError` (`notFound`).
    public func deployments(
        of model: String? = nil, runningOnly: Bool = false, latest count: Int? = nil
    ) throws(RegistryError) -> [DeploymentRecord] {
        try read { db in
            if let model { _ = try Catalog(db: db).modelID(model) }
            let running = runningOnly ? " AND " + DeploymentLedger.isRunning : ""
            return try DeploymentLedger(db: db).deployments(
                where: "coalesce(model.name = ?, 1)" + running, [model], latest: count)
        }
    }

    /// The deployment by which a variant was last let in to clients.
    /// - Throws: `RegistryError` (`notFound` for an unknown variant).
    public func latestDeployment(of reference: ModelReference) throws(RegistryError) -> DeploymentRecord? {
        try read { db in
            let variant = try Catalog(db: db).variant(reference).variant.id
            let condition = """
                candidate_id = ? AND EXISTS (SELECT * FROM deployment_event
                    WHERE deployment_id = deployment.id AND kind IN ('rolled out', 'live'))
                """
            return try DeploymentLedger(db: db).deployments(where: condition, [variant], latest: 1).first
        }
    }

    /// The right to carry out a model's deployments, of which there is one among all processes.
    /// - Returns: nil while another has it.
    /// - Throws: `RegistryError`.
    public func leadDeployments(of model: String) throws(RegistryError) -> Lease? {
        try lease("deployments", of: model)
    }
}
