import TerseJSON

extension Record {
    /// `at`, `by` and `why`, for objects that have more.
    var members: [(String, JSONValue)] {
        [("at", .string(Timestamp.text(date))), ("by", .string(author)), ("why", .text(reason))]
    }
}

extension JSONValue {
    /// A string, or null.
    static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

extension ModelSummary {
    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue {
        [
            "name": .string(name), "versions": JSONValue(versionCount),
            "newest_version": newestVersion.map { JSONValue($0) } ?? .null, "variants": JSONValue(variantCount),
            "bytes": .integer(byteCount), "aliases": .array(aliases.map(\.json)),
            "rollback_depth": JSONValue(rollbackDepth), "made": .object(JSONObject(made.members)),
        ]
    }
}

extension AliasTarget {
    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue {
        let target: [(String, JSONValue)] = [
            ("alias", .string(alias)), ("version", JSONValue(version)), ("variant", .string(variant)),
        ]
        return .object(JSONObject(target + moved.members))
    }
}

extension AliasMove {
    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue {
        let move: [(String, JSONValue)] = [
            ("model", .string(model)), ("alias", .string(alias)), ("move", .string(kind.rawValue)),
            ("version", version.map { JSONValue($0) } ?? .null), ("variant", .text(variant)),
        ]
        return .object(JSONObject(move + made.members))
    }
}

extension HistoryEntry {
    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue {
        let entry: [(String, JSONValue)] = [
            ("model", .string(model)), ("event", .string(event.rawValue)),
            ("version", version.map { JSONValue($0) } ?? .null), ("variant", .text(variant)), ("alias", .text(alias)),
            ("detail", .text(detail)),
        ]
        return .object(JSONObject(entry + made.members))
    }
}

extension Variant {
    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue { json(nil) }

    /// - Parameter profile: the newest, where it is asked for.
    fileprivate func json(_ profile: RecordedProfile?) -> JSONValue {
        let variant: [(String, JSONValue)] = [
            ("name", .string(name)), ("format", .string(format.rawValue)), ("entry", .text(entry)),
            ("bytes", .integer(byteCount)),
            (
                "files",
                .array(
                    files.map {
                        [
                            "path": .string($0.path), "sha256": .string($0.hash.description),
                            "bytes": .integer($0.byteCount),
                        ]
                    })
            ),
            ("removed", removed.map { .object(JSONObject($0.members)) } ?? .null),
        ]
        return .object(JSONObject(variant + (profile.map { [("profile", $0.json)] } ?? []) + made.members))
    }
}

extension ModelVersion {
    /// As programs read it, on the command line and over HTTP.
    public var json: JSONValue { json([]) }

    /// The same, and of each variant its profile.
    /// - Parameter profiles: the newest on one kind of host.
    public func json(_ profiles: [RecordedProfile]) -> JSONValue {
        let profiles = Dictionary(profiles.map { ($0.reference.description, $0) }) { $1 }
        let version: [(String, JSONValue)] = [
            ("model", .string(model)), ("version", JSONValue(number)), ("parent", .text(lineage.parent?.description)),
            ("parent_elsewhere", .text(lineage.parentElsewhere?.description)),
            ("description", .text(lineage.summary)), ("recipe", .text(lineage.recipe)),
            (
                "data",
                .array(
                    lineage.datasets.map {
                        [
                            "name": .string($0.name), "sha256": .text($0.sha256),
                            "bytes": $0.byteCount.map { .integer($0) } ?? .null,
                        ]
                    })
            ),
            ("metrics", .object(JSONObject(lineage.metrics.map { ($0.name, .number($0.value)) }))),
            ("variants", .array(variants.map { $0.json(profiles["\(reference)/\($0.name)"]) })),
        ]
        return .object(JSONObject(version + made.members))
    }
}

extension ModelVersion {
    /// The same without its recipe and the files of its variants.
    public var summary: JSONValue {
        var object = json.objectValue ?? JSONObject()
        object["recipe"] = nil
        object["variants"] = .array(
            variants.map { variant in
                var object = variant.json.objectValue ?? JSONObject()
                object["files"] = nil
                return .object(object)
            })
        return .object(object)
    }
}
