import TerseJSON
import TestSupport
import Testing

/// A registry with `stories` in two versions: 1, which is live, and 2, which is the candidate.
struct TwoVersions {
    let home: TemporaryFolder

    init() throws {
        home = try TemporaryFolder()
        for arguments in [["--alias", "production"], ["--types", "q8_0", "--alias", "candidate"]] {
            let result = try terse(["models", "add", "stories", Stories.shipped] + arguments)
            try #require(result.status == 0, "\(result.summary)")
        }
    }

    var environment: [String: String] { ["TERSE_HOME": home.url.path] }

    func terse(_ arguments: [String]) throws -> Program.Result {
        try Program.run(arguments, environment: environment)
    }
}
