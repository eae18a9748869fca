import Foundation
import TerseJSON
import TestSupport

/// The JSON Schema test suite's cases for draft 2020-12, from its archive in the test data.
struct SchemaSuite {
    struct Case {
        /// File, group and place, for messages.
        let name: String
        let schema: JSONValue
        let tests: [(data: JSONValue, isValid: Bool, name: String)]

        /// The schema as the one property of a strict object. An identifier of its own keeps references within it.
        var wrapped: JSONValue {
            var inner = schema
            if case .object(var object) = schema, object["$id"] == nil {
                object["$id"] = "urn:terse:case"
                inner = .object(object)
            }
            return [
                "type": "object", "properties": ["value": inner], "required": ["value"], "additionalProperties": false,
            ]
        }
    }

    static let archive = TestData.shared("api/JSON-Schema-Test-Suite.tests.tar.gz")

    let cases: [Case]

    init(archive: String) throws {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["tar", "xzf", archive, "-C", folder.url.path]
        try process.run()
        process.waitUntilExit()
        let root = folder.url.appending(path: "tests/draft2020-12")
        var cases: [Case] = []
        for file in try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted()
        where file.hasSuffix(".json") {
            // Numbers beyond a Double cannot be had as values; the groups that have them are left out one by one.
            let text = try Data(contentsOf: root.appending(path: file))
            guard let groups = try? JSONValue.parse(Array(text)).arrayValue else { continue }
            for group in groups {
                guard let schema = group["schema"], let tests = group["tests"]?.arrayValue else { continue }
                let label = "\(file): \(group["description"]?.stringValue ?? "")"
                cases.append(
                    Case(
                        name: label, schema: schema,
                        tests: tests.map {
                            (
                                $0["data"] ?? .null, $0["valid"]?.boolValue ?? false,
                                $0["description"]?.stringValue ?? ""
                            )
                        }))
            }
        }
        self.cases = cases
    }
}

extension JSONValue {
    /// The members of objects in the order in which `schema` lists them, the others after.
    func ordered(by schema: JSONValue?) -> JSONValue {
        guard case .object(let object) = self else { return self }
        let names = schema?["properties"]?.objectValue?.keys ?? []
        var result = JSONObject()
        for name in names {
            if let value = object[name] { result[name] = value.ordered(by: schema?["properties"]?[name]) }
        }
        for (name, value) in object where result[name] == nil { result[name] = value }
        return .object(result)
    }
}
