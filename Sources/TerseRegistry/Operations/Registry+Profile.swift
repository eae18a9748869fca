import GRDB

extension Registry {
    /// Keeps what was measured of a variant.
    /// - Returns: the profile as it is kept.
    /// - Throws: `RegistryError`: `notFound`, also of the parent; `conflict` when that is the variant itself; `invalid` or
    ///   `limitExceeded` naming the figure. Nothing was recorded then.
    @discardableResult
    public func record(
        _ profile: Profile, of reference: ModelReference, by: Attribution
    ) throws(RegistryError) -> RecordedProfile {
        try by.check()
        try profile.check()
        return try write { db in
            let catalog = Catalog(db: db)
            let (version, variant) = try catalog.variant(reference)
            let parent = try profile.parent.map { try catalog.variant($0).variant.id }
            guard parent != variant.id else {
                throw RegistryError(
                    .conflict,
                    "profile of \(version.model):\(version.number)/\(variant.name): expected another variant as its "
                        + "parent, found itself")
            }
            try db.execute(
                sql: """
                    INSERT INTO profile (variant_id, host, host_details, text_name, text_sha256, parent_id, program,
                        conditions, made_at, made_by, reason)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    variant.id, profile.host, profile.hostDetails, profile.textName, profile.textHash?.description,
                    parent, profile.program, profile.conditions, Timestamp.column(Registry.now), by.author, by.reason,
                ])
            let id = db.lastInsertedRowID
            for figure in profile.figures { try Self.insert(figure, of: id, db) }
            let recorded = try Self.profiles(db, where: "profile.id = ?", [id])
            return recorded[0]
        }
    }

    /// What was measured of a variant, the oldest first.
    /// - Throws: `RegistryError` (`notFound`).
    public func profiles(of reference: ModelReference) throws(RegistryError) -> [RecordedProfile] {
        try read { db in
            let variant = try Catalog(db: db).variant(reference).variant
            return try Self.profiles(db, where: "variant_id = ?", [variant.id])
        }
    }

    /// What was measured of all variants of a model, removed ones too, the oldest first.
    /// - Throws: `RegistryError` (`notFound`).
    public func profiles(ofModel name: String) throws(RegistryError) -> [RecordedProfile] {
        try read { db in
            let model = try Catalog(db: db).modelID(name)
            return try Self.profiles(db, where: "model_id = ?", [model])
        }
    }

    /// Of each variant of a model the newest profile on one kind of host.
    /// - Throws: `RegistryError` (`notFound`).
    public func newestProfiles(ofModel name: String, onHost host: String) throws(RegistryError) -> [RecordedProfile] {
        try read { db in
            let model = try Catalog(db: db).modelID(name)
            let newest = """
                model_id = ? AND host = ? AND profile.id = (
                    SELECT max(id) FROM profile AS other
                    WHERE other.variant_id = profile.variant_id AND other.host = profile.host)
                """
            return try Self.profiles(db, where: newest, [model, host])
        }
    }

    private static func insert(_ figure: Profile.Figure, of profile: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO profile_figure
                    (profile_id, quantity, unit, batch, value, low, high, samples, method, basis)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                profile, figure.quantity, figure.unit, figure.batch, figure.value, figure.low, figure.high,
                figure.samples, figure.method, figure.basis.rawValue,
            ])
    }

    private static func profiles(
        _ db: Database, where condition: String, _ arguments: StatementArguments
    ) throws -> [RecordedProfile] {
        let sql = """
            SELECT profile.*, model.name AS model, number, variant.name AS variant FROM profile
            JOIN variant ON variant.id = variant_id JOIN version ON version.id = version_id
            JOIN model ON model.id = model_id WHERE \(condition) ORDER BY profile.id
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            let profile = try Profile(
                host: row.get("host"), hostDetails: row.get("host_details"), textName: row.get("text_name"),
                textHash: (row.get("text_sha256") as String?).map { try BlobHash($0, of: "text of a profile") },
                parent: (row.get("parent_id") as Int64?).map { try Catalog(db: db).reference(variant: $0) },
                program: (row.get("program") as String?) ?? Self.unrecorded,
                conditions: (row.get("conditions") as String?) ?? "{}", figures: figures(db, of: row.get("id")))
            return try RecordedProfile(
                model: row.get("model"), version: row.get("number"), variant: row.get("variant"), profile: profile,
                made: Record(row))
        }
    }

    /// What the second schema did not ask for.
    private static let unrecorded = "unknown"

    private static func figures(_ db: Database, of profile: Int64) throws -> [Profile.Figure] {
        let sql = "SELECT * FROM profile_figure WHERE profile_id = ? ORDER BY rowid"
        return try Row.fetchAll(db, sql: sql, arguments: [profile]).map { row in
            guard let basis = Profile.Figure.Basis(rawValue: try row.get("basis")) else {
                throw RegistryError(.corrupt, "profile \(profile): unknown basis")
            }
            return try Profile.Figure(
                quantity: row.get("quantity"), unit: (row.get("unit") as String?) ?? Self.unrecorded,
                batch: row.get("batch"), value: row.get("value"), low: row.get("low"), high: row.get("high"),
                samples: (row.get("samples") as Int?) ?? 1, method: (row.get("method") as String?) ?? Self.unrecorded,
                basis: basis)
        }
    }
}
