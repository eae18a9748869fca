import GRDB

extension Row {
    /// The value of a column. GRDB's subscripts end the process where there is another than the table allows, as may
    /// be in a damaged database.
    /// - Throws: `RegistryError` (`corrupt`) naming the column, what was expected and what was found.
    func get<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        let found: DatabaseValue = self[column]
        guard let value = Value.fromDatabaseValue(found) else {
            throw RegistryError(
                .corrupt,
                "the database is damaged: column \(column): expected \(Value.self), found \(found)")
        }
        return value
    }
}
