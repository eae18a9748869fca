import TerseJSON

/// Takes the members of a JSON object one by one, each of the type that it must have; null counts as absent.
///
/// What is wrong is told with the member's full name, as in `messages[0].content`.
struct FieldReader {
    let object: JSONObject
    /// The name of the object itself; empty for a whole body.
    let path: String
    private var taken: Set<String> = []

    init(_ object: JSONObject, path: String = "") {
        self.object = object
        self.path = path
    }

    /// - Throws: `APIError` (400) unless `value` is an object.
    init(_ value: JSONValue, path: String = "") throws(APIError) {
        guard let object = value.objectValue else {
            throw .invalid(
                "\(path.isEmpty ? "the body" : path): expected an object, found \(value.kindName)",
                parameter: path.isEmpty ? nil : path)
        }
        self.init(object, path: path)
    }

    /// Members that nobody asked for.
    var unknown: [String] { object.keys.filter { !taken.contains($0) } }

    func name(of member: String) -> String { path.isEmpty ? member : "\(path).\(member)" }

    /// The member as it is; nil when it is absent or null.
    mutating func value(_ member: String) -> JSONValue? {
        taken.insert(member)
        guard let value = object[member], !value.isNull else { return nil }
        return value
    }

    /// Members that are known and have no effect here.
    mutating func ignore(_ members: String...) { taken.formUnion(members) }

    mutating func string(_ member: String) throws(APIError) -> String? {
        guard let value = value(member) else { return nil }
        guard let text = value.stringValue else { throw wrongType(member, "a string", value) }
        return text
    }

    mutating func requiredString(_ member: String) throws(APIError) -> String {
        guard let text = try string(member) else { throw missing(member) }
        return text
    }

    mutating func bool(_ member: String) throws(APIError) -> Bool? {
        guard let value = value(member) else { return nil }
        guard let flag = value.boolValue else { throw wrongType(member, "a boolean", value) }
        return flag
    }

    mutating func integer(_ member: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let value = value(member) else { return nil }
        if let number = value.intValue, range.contains(number) { return number }
        guard let found = value.doubleValue, found == found.rounded() else {
            throw wrongType(member, "an integer", value)
        }
        let name = name(of: member)
        // Integers that `Int` does not hold are told where it ends.
        let most = range.upperBound == .max && value.intValue != nil ? " or more" : "…\(range.upperBound)"
        throw .invalid("\(name): expected \(range.lowerBound)\(most), found \(value.serialized())", parameter: name)
    }

    /// An integer of 64 bits, with a sign or without, or the digits of one without in a string, as the program itself writes
    /// it: of a number from 2⁶³ on, the parser gives the nearest `Double`.
    mutating func seed(_ member: String) throws(APIError) -> UInt64? {
        guard let value = value(member) else { return nil }
        if let number = value.intValue { return UInt64(bitPattern: Int64(number)) }
        if let number = value.stringValue.flatMap({ UInt64($0) }) { return number }
        let name = name(of: member)
        throw .invalid(
            "\(name): expected an integer of \(Int64.min)…\(UInt64.max), in a string if above \(Int64.max), found "
                + value.serialized().prefix(40), parameter: name)
    }

    mutating func float(_ member: String, in range: ClosedRange<Double>) throws(APIError) -> Float? {
        guard let value = value(member) else { return nil }
        guard let number = value.doubleValue else { throw wrongType(member, "a number", value) }
        guard range.contains(number) else {
            let name = name(of: member)
            throw .invalid(
                "\(name): expected \(range.lowerBound)…\(range.upperBound), found \(number)", parameter: name)
        }
        return Float(number)
    }

    mutating func array(_ member: String, countMax: Int) throws(APIError) -> [JSONValue]? {
        guard let value = value(member) else { return nil }
        guard let elements = value.arrayValue else { throw wrongType(member, "an array", value) }
        guard elements.count <= countMax else {
            let name = name(of: member)
            throw .invalid(
                "\(name): expected at most \(countMax) elements, found \(elements.count)", parameter: name)
        }
        return elements
    }

    mutating func object(_ member: String) throws(APIError) -> JSONObject? {
        guard let value = value(member) else { return nil }
        guard let object = value.objectValue else { throw wrongType(member, "an object", value) }
        return object
    }

    func wrongType(_ member: String, _ expected: String, _ found: JSONValue) -> APIError {
        let name = name(of: member)
        let what = found.doubleValue == nil ? found.kindName : found.serialized()
        return .invalid("\(name): expected \(expected), found \(what)", parameter: name, code: "invalid_type")
    }

    func missing(_ member: String) -> APIError {
        let name = name(of: member)
        return .invalid("\(name) is missing", parameter: name, code: "missing_required_parameter")
    }
}
