import Foundation
import TerseJSON
import TerseRegistry

extension Record {
    fileprivate var milliseconds: JSONValue { .integer(Int64((date.timeIntervalSince1970 * 1000).rounded())) }
}

extension ModelSummary {
    /// MLflow's `RegisteredModel`.
    func mlflow(_ newest: ModelVersion?) -> JSONValue {
        let changed = ([made] + aliases.map(\.moved) + (newest.map { [$0.made] } ?? [])).max { $0.date < $1.date }
        return [
            "name": .string(name), "creation_timestamp": made.milliseconds,
            "last_updated_timestamp": (changed ?? made).milliseconds, "description": "",
            "latest_versions": .array(newest.map { [$0.mlflow(aliases)] } ?? []), "tags": [],
            "aliases": .array(aliases.map { ["alias": .string($0.alias), "version": .string("\($0.version)")] }),
        ]
    }
}

extension ModelVersion {
    /// MLflow's `ModelVersion`. Its source is what `get-download-uri` gives; lineage is told in tags.
    /// - Parameter targets: of the model's aliases.
    func mlflow(_ targets: [AliasTarget]) -> JSONValue {
        let tags = mlflowTags.sorted { $0.key < $1.key }
        return [
            "name": .string(model), "version": .string("\(number)"), "creation_timestamp": made.milliseconds,
            "last_updated_timestamp": made.milliseconds, "user_id": .string(made.author), "current_stage": "None",
            "description": .string(lineage.summary ?? ""), "source": .string(artifactURI), "run_id": "",
            "status": "READY", "tags": .array(tags.map { ["key": .string($0.key), "value": .string($0.value)] }),
            "aliases": .array(targets.filter { $0.version == number }.map { .string($0.alias) }),
        ]
    }

    /// Its variants, parent and metrics.
    var mlflowTags: [String: String] {
        var tags = ["terse.variants": kept.map(\.name).joined(separator: ",")]
        if let parent = lineage.parent { tags["terse.parent"] = parent.description }
        for metric in lineage.metrics { tags["terse.metric.\(metric.name)"] = "\(metric.value)" }
        return tags
    }

    /// Where MLflow's clients find its files: a folder for each variant.
    var artifactURI: String { "mlflow-artifacts:/\(model)/\(number)" }
}
