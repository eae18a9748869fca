import Foundation
import TestSupport

/// A Python with packages of others that judge the server: OpenAI's SDK and a validator of JSON Schema.
enum Python {
    /// `TERSE_TEST_PYTHON`, or what `./test` made, or the system's.
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["TERSE_TEST_PYTHON"] { return path }
        let own = TestData.repository.appending(path: ".build/python/bin/python3").path
        return FileManager.default.isExecutableFile(atPath: own) ? own : "/usr/bin/env"
    }()

    /// Said by tests that are skipped.
    static let absence = "no Python with the packages openai and jsonschema: set TERSE_TEST_PYTHON to one"

    static let hasJudges: Bool = {
        guard let result = try? run(["-c", "import openai, jsonschema"]) else { return false }
        return result.status == 0
    }()

    /// Whether it can drive a browser that is here.
    static let hasBrowser: Bool = {
        let script = """
            from shutil import which
            from playwright import sync_api
            assert which("chromium-headless-shell") or which("chromium")
            """
        guard let result = try? run(["-c", script]) else { return false }
        return result.status == 0
    }()

    /// Said by tests that are skipped.
    static let browserAbsence = "no Chromium, or no Python with the package playwright"

    static let hasMLflow: Bool = { (try? run(["-c", "import mlflow"]))?.status == 0 }()

    /// Said by tests that are skipped.
    static let mlflowAbsence = "no Python with the package mlflow-skinny"

    static let isPresent: Bool = { (try? run(["-c", ""]))?.status == 0 }()

    /// Said by tests that are skipped.
    static let interpreterAbsence = "no Python"

    /// Whether it has the packages that judge what is shipped with the program.
    static let hasPackagingJudges: Bool = {
        guard let result = try? run(["-c", "import dockerfile, kubernetes_validate"]) else { return false }
        return result.status == 0
    }()

    /// Said by tests that are skipped.
    static let packagingAbsence = "no Python with the packages dockerfile and kubernetes-validate"

    /// Python, to be run beside a test.
    static func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = (path == "/usr/bin/env" ? ["python3"] : []) + arguments
        return process
    }

    /// Runs Python to its end.
    static func run(_ arguments: [String]) throws -> Tool.Result {
        try Tool.run(path, (path == "/usr/bin/env" ? ["python3"] : []) + arguments)
    }
}
