import TerseJSON

/// An object of a manifest, read strictly: every member is known and of its type.
struct ManifestObject {
    private let object: JSONObject
    private let path: String

    /// - Parameters:
    ///   - path: where it is, for messages: `archive.tar, versions[0]`.
    ///   - members: the members that it must have, and no others.
    /// - Throws: `RegistryError` (`invalid`) naming the member.
    init(_ value: JSONValue, _ path: String, members: [String]) throws(RegistryError) {
        guard let object = value.objectValue else {
            throw RegistryError(.invalid, "\(path): expected an object, found \(value.kindName)")
        }
        self.object = object
        self.path = path
        for key in object.keys where !members.contains(key) {
            throw RegistryError(.invalid, "\(path): unknown member \(key.prefix(120).debugDescription)")
        }
        for member in members where object[member] == nil {
            throw RegistryError(.invalid, "\(path): the member \(member) is missing")
        }
    }

    func string(_ key: String) throws(RegistryError) -> String {
        guard let text = object[key]?.stringValue else { throw mismatch(key, "a string") }
        return text
    }

    func stringIfAny(_ key: String) throws(RegistryError) -> String? {
        object[key]?.isNull == true ? nil : try string(key)
    }

    /// From 0.
    func integer(_ key: String) throws(RegistryError) -> Int64 {
        guard case .integer(let value)? = object[key], value >= 0 else { throw mismatch(key, "a whole number from 0") }
        return value
    }

    func integerIfAny(_ key: String) throws(RegistryError) -> Int64? {
        object[key]?.isNull == true ? nil : try integer(key)
    }

    func number(_ key: String) throws(RegistryError) -> Double {
        guard let value = object[key]?.doubleValue else { throw mismatch(key, "a number") }
        return value
    }

    /// Each element, and where it is.
    func list<Element>(
        _ key: String, max: Int, _ element: (JSONValue, String) throws(RegistryError) -> Element
    ) throws(RegistryError) -> [Element] {
        guard let values = object[key]?.arrayValue else { throw mismatch(key, "a list") }
        guard values.count <= max else {
            throw RegistryError(.limitExceeded, "\(path).\(key): \(values.count) elements, the limit is \(max)")
        }
        var result: [Element] = []
        for (index, value) in values.enumerated() { result.append(try element(value, "\(path).\(key)[\(index)]")) }
        return result
    }

    func value(_ key: String) -> JSONValue { object[key] ?? .null }

    /// What is wrong with a member that has the right type.
    func error(_ key: String, _ message: String) -> RegistryError {
        RegistryError(.invalid, "\(path).\(key): \(message)")
    }

    private func mismatch(_ key: String, _ expected: String) -> RegistryError {
        error(key, "expected \(expected), found \(object[key]?.kindName ?? "nothing")")
    }
}
