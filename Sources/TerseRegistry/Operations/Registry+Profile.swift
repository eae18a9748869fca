import GRDB
import TerseJSON

extension Registry {
    /// Keeps what was measured of a variant.
    /// - Throws: `RegistryError`: `notFound`, `invalid` naming the figure.
    public func record(_ profile: Profile, of reference: ModelReference, by: Attribution) throws(RegistryError) {
        try by.check()
        guard (try? JSONValue.parse(profile.hostDetails))?.objectValue != nil else {
            throw RegistryError(
                .invalid,
                "profile: expected the host's details as a JSON object, found "
                    + profile.hostDetails.prefix(120).debugDescription)
        }
        guard profile.figures.count <= RegistryLimits.figuresMax else {
            throw RegistryError(
                .limitExceeded, "profile: \(profile.figures.count) figures, the limit is \(RegistryLimits.figuresMax)")
        }
        for figure in profile.figures {
            guard figure.low.isFinite, figure.high.isFinite, figure.low <= figure.value, figure.value <= figure.high
            else {
                throw RegistryError(
                    .invalid,
                    "profile: \(figure.quantity): expected a value within its interval, found "
                        + "\(figure.value) in \(figure.low) to \(figure.high)")
            }
        }
        try write { db in
            let variant = try Catalog(db: db).variant(reference).variant
            try db.execute(
                sql: """
                    INSERT INTO profile
                        (variant_id, host, host_details, text_name, text_sha256, made_at, made_by, reason)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    variant.id, profile.host, profile.hostDetails, profile.textName, profile.textHash?.description,
                    Timestamp.column(Registry.now), by.author, by.reason,
                ])
            let id = db.lastInsertedRowID
            for figure in profile.figures {
                try db.execute(
                    sql: """
                        INSERT INTO profile_figure (profile_id, quantity, batch, value, low, high, basis)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        id, figure.quantity, figure.batch, figure.value, figure.low, figure.high, figure.basis.rawValue,
                    ])
            }
        }
    }

    /// What was measured of a variant, the oldest first.
    /// - Throws: `RegistryError` (`notFound`).
    public func profiles(of reference: ModelReference) throws(RegistryError) -> [RecordedProfile] {
        try read { db in
            let variant = try Catalog(db: db).variant(reference).variant
            let sql = "SELECT * FROM profile WHERE variant_id = ? ORDER BY id"
            return try Row.fetchAll(db, sql: sql, arguments: [variant.id]).map { row in
                RecordedProfile(
                    profile: Profile(
                        host: row["host"], hostDetails: row["host_details"], textName: row["text_name"],
                        textHash: (row["text_sha256"] as String?).flatMap { BlobHash($0) },
                        figures: try Self.figures(db, of: row["id"])), made: Record(row))
            }
        }
    }

    private static func figures(_ db: Database, of profile: Int64) throws -> [Profile.Figure] {
        let sql = "SELECT * FROM profile_figure WHERE profile_id = ? ORDER BY quantity, batch"
        return try Row.fetchAll(db, sql: sql, arguments: [profile]).map { row in
            guard let basis = Profile.Figure.Basis(rawValue: row["basis"]) else {
                throw RegistryError(.corrupt, "profile \(profile): unknown basis")
            }
            return Profile.Figure(
                quantity: row["quantity"], batch: row["batch"], value: row["value"], low: row["low"], high: row["high"],
                basis: basis)
        }
    }
}
