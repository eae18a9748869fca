import GRDB

/// The tables. Records are added and never changed or removed, which triggers see to, whoever writes; only
/// `blob_check`, which holds what can be found out again, and `rollout_state` change.
///
/// Times are text in UTC as SQLite has them (`2026-11-29 14:05:00.000`), so that every program can compare them.
enum Schema {
    /// In the file's header: "TRSE".
    static let applicationID: Int32 = 0x5452_5345
    /// In the file's header: the newest migration.
    static let version: Int32 = 5

    /// - Throws: `RegistryError` (`foreign`) when the file is another program's or a newer one's. Nothing was written.
    static func check(_ db: GRDB.Database, path: String) throws {
        let id = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let found = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        // What the migrator makes first may be there alone, when a process died then.
        let others = "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'"
        if id == 0, found == 0, try Int.fetchOne(db, sql: others) == 0 { return }
        guard id == applicationID else {
            let (expected, actual) = (String(applicationID, radix: 16), String(UInt32(bitPattern: id), radix: 16))
            throw RegistryError(
                .foreign,
                "\(path): expected a registry (application id \(expected)), found another database (\(actual))")
        }
        guard found <= version else {
            throw RegistryError(
                .foreign,
                "\(path): its schema is number \(found), this program knows up to \(version); use a newer terse")
        }
    }

    /// Makes what a registry of any older schema lacks.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(sql: models + aliases + profiles + blobs)
            try db.execute(sql: keptTables.map(keeping).joined())
            try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = 1;")
        }
        migrator.registerMigration("2") { db in
            try db.execute(sql: second + "PRAGMA user_version = 2;")
        }
        migrator.registerMigration("3") { db in
            try db.execute(sql: third + "PRAGMA user_version = 3;")
        }
        migrator.registerMigration("4") { db in
            try db.execute(sql: fourth + "PRAGMA user_version = 4;")
        }
        migrator.registerMigration("5") { db in
            try db.execute(sql: fifth + "PRAGMA user_version = 5;")
        }
        return migrator
    }

    /// What refuses changes and removals of a table's rows.
    static func keeping(_ table: String) -> String {
        ["UPDATE", "DELETE"].map { action in
            """
            CREATE TRIGGER \(table)_no_\(action.lowercased()) BEFORE \(action) ON \(table)
            BEGIN SELECT RAISE(ABORT, 'records of \(table) are kept as they are'); END;

            """
        }.joined()
    }

    private static let keptTables = [
        "model", "version", "dataset", "metric", "variant", "variant_file", "removal", "alias_move", "retention",
        "profile",
        "profile_figure",
    ]

    /// The columns of a `Record`.
    static let record = """
        made_at TEXT NOT NULL CHECK (made_at IS strftime('%Y-%m-%d %H:%M:%f', made_at)),
        made_by TEXT NOT NULL CHECK (length(made_by) BETWEEN 1 AND \(RegistryLimits.authorCharactersMax)),
        reason TEXT CHECK (length(reason) <= \(RegistryLimits.noteCharactersMax))
        """

    private static func name(_ column: String) -> String {
        """
        \(column) TEXT NOT NULL CHECK (length(\(column)) BETWEEN 1 AND \(RegistryLimits.nameCharactersMax)
            AND \(column) NOT GLOB '*[^A-Za-z0-9._-]*' AND \(column) GLOB '[A-Za-z0-9]*')
        """
    }

    private static func hash(_ column: String) -> String {
        "\(column) TEXT CHECK (length(\(column)) = 64 AND \(column) NOT GLOB '*[^0-9a-f]*')"
    }

    private static let models = """
        CREATE TABLE model (id INTEGER PRIMARY KEY, \(name("name")) UNIQUE, \(record)) STRICT;

        CREATE TABLE version (
            id INTEGER PRIMARY KEY,
            model_id INTEGER NOT NULL REFERENCES model (id),
            number INTEGER NOT NULL CHECK (number >= 1),
            parent_id INTEGER REFERENCES version (id) CHECK (parent_id < id),
            summary TEXT CHECK (length(summary) <= \(RegistryLimits.noteCharactersMax)),
            recipe TEXT CHECK (length(recipe) <= \(RegistryLimits.recipeBytesMax)),
            \(record),
            UNIQUE (model_id, number)
        ) STRICT;
        CREATE INDEX version_parent ON version (parent_id);

        CREATE TABLE dataset (
            version_id INTEGER NOT NULL REFERENCES version (id),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND \(RegistryLimits.authorCharactersMax)),
            \(hash("sha256")),
            bytes INTEGER CHECK (bytes >= 0),
            PRIMARY KEY (version_id, name)
        ) STRICT;

        CREATE TABLE metric (
            version_id INTEGER NOT NULL REFERENCES version (id),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND \(RegistryLimits.authorCharactersMax)),
            value REAL NOT NULL CHECK (abs(value) < 9e999),
            PRIMARY KEY (version_id, name)
        ) STRICT;

        CREATE TABLE variant (
            id INTEGER PRIMARY KEY,
            version_id INTEGER NOT NULL REFERENCES version (id),
            \(name("name")),
            format TEXT NOT NULL CHECK (format IN ('gguf', 'huggingface', 'llama2c')),
            entry TEXT CHECK ((entry IS NULL) = (format = 'huggingface')),
            \(hash("digest")) NOT NULL,
            \(record),
            UNIQUE (version_id, name),
            FOREIGN KEY (id, entry) REFERENCES variant_file (variant_id, path) DEFERRABLE INITIALLY DEFERRED
        ) STRICT;

        CREATE TABLE variant_file (
            variant_id INTEGER NOT NULL REFERENCES variant (id),
            path TEXT NOT NULL CHECK (length(CAST(path AS BLOB)) BETWEEN 1 AND \(RegistryLimits.pathBytesMax)
                AND '/' || path || '/' NOT GLOB '*//*' AND '/' || path || '/' NOT GLOB '*/./*'
                AND '/' || path || '/' NOT GLOB '*/../*'),
            \(hash("sha256")) NOT NULL,
            bytes INTEGER NOT NULL CHECK (bytes >= 0),
            PRIMARY KEY (variant_id, path)
        ) STRICT;
        CREATE INDEX variant_file_sha256 ON variant_file (sha256);

        CREATE TABLE removal (variant_id INTEGER PRIMARY KEY REFERENCES variant (id), \(record)) STRICT;
        CREATE TRIGGER removal_of_live BEFORE INSERT ON removal
        WHEN EXISTS (SELECT * FROM alias WHERE variant_id = NEW.variant_id)
        BEGIN SELECT RAISE(ABORT, 'an alias points to the variant'); END;

        """

    private static let aliases = """
        CREATE TABLE alias_move (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            model_id INTEGER NOT NULL REFERENCES model (id),
            \(name("alias")),
            kind TEXT NOT NULL CHECK (kind IN ('set', 'clear', 'rollback')),
            variant_id INTEGER REFERENCES variant (id) CHECK ((variant_id IS NULL) = (kind = 'clear')),
            -- The move whose target a rollback brings back.
            below INTEGER REFERENCES alias_move (id)
                CHECK (below IS NULL OR below < id AND alias <> '\(RegistryName.previous)'),
            \(record)
        ) STRICT;
        CREATE INDEX alias_move_order ON alias_move (model_id, alias, id);

        CREATE VIEW alias AS
            SELECT id AS move_id, model_id, alias, variant_id, made_at, made_by, reason FROM alias_move AS moved
            WHERE variant_id IS NOT NULL AND id = (
                SELECT max(id) FROM alias_move WHERE model_id = moved.model_id AND alias = moved.alias);

        CREATE TRIGGER alias_move_target BEFORE INSERT ON alias_move WHEN NEW.variant_id IS NOT NULL AND (
            NOT EXISTS (
                SELECT * FROM variant JOIN version ON version.id = version_id
                WHERE variant.id = NEW.variant_id AND model_id = NEW.model_id)
            OR EXISTS (SELECT * FROM removal WHERE variant_id = NEW.variant_id))
        BEGIN SELECT RAISE(ABORT, 'the variant is another model''s or removed'); END;

        CREATE TRIGGER alias_move_below BEFORE INSERT ON alias_move WHEN NEW.below IS NOT NULL AND NOT EXISTS (
            SELECT * FROM alias_move WHERE id = NEW.below AND model_id = NEW.model_id AND alias = NEW.alias
                AND variant_id IS NOT NULL)
        BEGIN SELECT RAISE(ABORT, 'a rollback would bring back no target of the alias'); END;

        CREATE TRIGGER alias_move_time BEFORE INSERT ON alias_move WHEN NEW.made_at < (
            SELECT made_at FROM alias_move WHERE model_id = NEW.model_id AND alias = NEW.alias ORDER BY id DESC LIMIT 1)
        BEGIN SELECT RAISE(ABORT, 'moves of an alias go forward in time'); END;

        CREATE TABLE retention (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            model_id INTEGER NOT NULL REFERENCES model (id),
            depth INTEGER NOT NULL CHECK (depth BETWEEN 1 AND \(RegistryLimits.rollbackDepthMax)),
            \(record)
        ) STRICT;

        """

    private static let profiles = """
        CREATE TABLE profile (
            id INTEGER PRIMARY KEY,
            variant_id INTEGER NOT NULL REFERENCES variant (id),
            host TEXT NOT NULL CHECK (length(host) BETWEEN 1 AND \(RegistryLimits.authorCharactersMax)),
            host_details TEXT NOT NULL CHECK (json_type(host_details) = 'object'),
            text_name TEXT,
            \(hash("text_sha256")),
            \(record)
        ) STRICT;
        CREATE INDEX profile_variant ON profile (variant_id, host);

        CREATE TABLE profile_figure (
            profile_id INTEGER NOT NULL REFERENCES profile (id),
            quantity TEXT NOT NULL CHECK (length(quantity) BETWEEN 1 AND \(RegistryLimits.nameCharactersMax)),
            batch INTEGER NOT NULL CHECK (batch >= 1),
            value REAL NOT NULL,
            low REAL NOT NULL CHECK (low > -9e999 AND low <= value),
            high REAL NOT NULL CHECK (high < 9e999 AND value <= high),
            basis TEXT NOT NULL CHECK (basis IN ('measured', 'estimated')),
            PRIMARY KEY (profile_id, quantity, batch)
        ) STRICT;

        """

    private static let blobs = """
        CREATE TABLE blob_check (
            \(hash("sha256")) NOT NULL PRIMARY KEY,
            -- What tells whether the file is still the one that was hashed.
            identity TEXT NOT NULL
        ) STRICT;

        """
}
