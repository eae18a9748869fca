import Foundation
import TerseJSON
import TestSupport

/// The `jsonschema` package of Python, the independent judge of what validates.
struct PythonValidator {
    private let python: String

    static let absence = "no python3 with jsonschema: ./test installs it, TERSE_TEST_PYTHON names another"

    /// The first Python that has the package: the one of `TERSE_TEST_PYTHON`, Debian's, the one on the path.
    static let found: PythonValidator? = {
        let named = ProcessInfo.processInfo.environment["TERSE_TEST_PYTHON"]
        for python in [named, "/usr/bin/python3", "python3"].compactMap({ $0 }) {
            if let (status, _) = try? run(python, ["-c", "import jsonschema; jsonschema.Draft202012Validator"]),
                status == 0
            {
                return PythonValidator(python: python)
            }
        }
        return nil
    }()

    /// What the judge has against the texts, and how many it takes.
    func judge(_ entries: [(schema: JSONValue, texts: [String])]) throws -> (complaints: [String], good: Int) {
        let folder = try TemporaryFolder()
        let lines = entries.map { entry in
            JSONValue.object(["schema": entry.schema, "texts": .array(entry.texts.map { .string($0) })]).serialized()
        }
        let file = try folder.write(Array(lines.joined(separator: "\n").utf8), "texts.jsonl")
        let (_, output) = try Self.run(python, [TestData.fixture("validate.py"), file])
        var complaints = output.split(separator: "\n").map(String.init)
        guard let good = complaints.popLast().flatMap({ Int($0) }) else {
            return (complaints + ["no verdict: \(output)"], 0)
        }
        return (complaints, good)
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
