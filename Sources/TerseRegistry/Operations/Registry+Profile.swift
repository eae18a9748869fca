import GRDB
import TerseJSON

extension Registry {
    /// Keeps what was measured of a variant.
    /// - Throws: `RegistryError`: `notFound`, `invalid` naming the figure.
    public func record(_ profile: Profile, of reference: ModelReference, by: Attribution) throws(RegistryError) {
        try by.check()
        try profile.check()
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
                try RecordedProfile(
                    profile: Profile(
                        host: row.get("host"), hostDetails: row.get("host_details"), textName: row.get("text_name"),
                        textHash: (row.get("text_sha256") as String?).flatMap { BlobHash($0) },
                        figures: Self.figures(db, of: row.get("id"))), made: Record(row))
            }
        }
    }

    private static func figures(_ db: Database, of profile: Int64) throws -> [Profile.Figure] {
        let sql = "SELECT * FROM profile_figure WHERE profile_id = ? ORDER BY quantity, batch"
        return try Row.fetchAll(db, sql: sql, arguments: [profile]).map { row in
            guard let basis = Profile.Figure.Basis(rawValue: try row.get("basis")) else {
                throw RegistryError(.corrupt, "profile \(profile): unknown basis")
            }
            return try Profile.Figure(
                quantity: row.get("quantity"), batch: row.get("batch"), value: row.get("value"), low: row.get("low"),
                high: row.get("high"),
                basis: basis)
        }
    }
}

extension Profile {
    /// - Throws: `RegistryError` naming the part, what is allowed and what was found.
    fileprivate func check() throws(RegistryError) {
        try RecordText.check(host, "profile: host", min: 1, max: RegistryLimits.authorCharactersMax)
        if let textName {
            try RecordText.check(textName, "profile: name of the text", max: RegistryLimits.authorCharactersMax)
        }
        try RecordText.check(
            hostDetails, "profile: the host's details", bytesMax: RegistryLimits.hostDetailsBytesMax)
        guard (try? JSONValue.parse(hostDetails))?.objectValue != nil else {
            throw RegistryError(
                .invalid,
                "profile: expected the host's details as a JSON object, found "
                    + hostDetails.prefix(120).debugDescription)
        }
        guard figures.count <= RegistryLimits.figuresMax else {
            throw RegistryError(
                .limitExceeded, "profile: \(figures.count) figures, the limit is \(RegistryLimits.figuresMax)")
        }
        for figure in figures {
            try RecordText.check(
                figure.quantity, "profile: quantity", min: 1, max: RegistryLimits.nameCharactersMax)
            guard figure.low.isFinite, figure.high.isFinite, figure.low <= figure.value, figure.value <= figure.high
            else {
                throw RegistryError(
                    .invalid,
                    "profile: \(figure.quantity): expected a value within its interval, found "
                        + "\(figure.value) in \(figure.low) to \(figure.high)")
            }
        }
    }
}
