import TestSupport
import Testing

/// `--route` and what it needs: what is missing is said before anything starts, with the command that makes it.
@Suite(.enabled(if: Python.isPresent, Comment(rawValue: Python.interpreterAbsence)))
struct RouteOptionTests {
    private let stage: RoutingStage

    init() throws { stage = try RoutingStage() }

    private func refusal(
        _ route: String = "auto=big,small", small: String = "stories:1", _ more: [String] = [], status: Int32 = 1
    ) throws -> String {
        let models = ["--model", "big=novels@production", "--model", "small=\(small)"]
        let result = try Program.run(
            ["serve", "--port", "0"] + models + ["--route", route] + more, environment: stage.environment)
        #expect(result.status == status && result.output.isEmpty, "\(route): \(result.summary)")
        return result.errors
    }

    private func expect(_ text: String, has words: [String]) {
        for word in words { #expect(text.contains(word), "\(word): \(text)") }
    }

    @Test func profilesAreAskedFor() throws {
        expect(
            try refusal(),
            has: ["--route auto: big is novels:1/tq2_0", "`terse profile novels:1/tq2_0 --text FILE`"])
        try stage.measureHost()
        expect(try refusal(), has: ["profile of novels:1/tq2_0: expected a figure bits_per_byte, found none"])
        try stage.addProfiles(["novels=1.5,0.01"])
        expect(try refusal(), has: ["small is stories:1/f16", "`terse profile stories:1/f16 --text FILE`"])
        try stage.addProfiles(["stories=2.5,0.001"], text: "b.txt")
        expect(
            try refusal(),
            has: ["profiles on one text, found novels:1/tq2_0 on a.txt", "stories:1/f16 on b.txt", "terse profile"])
        expect(try refusal(small: Stories.shipped), has: ["small is the file", "`terse models add NAME FILE`"])
    }

    @Test func namesAreChecked() throws {
        expect(try refusal("auto=big,tiny"), has: ["--route auto: expected served models (big, small), found tiny"])
        expect(try refusal("big=big,small"), has: ["--route big: expected a name that is no model's"])
        for route in ["auto", "auto=big", "=big,small", "auto=big,", "auto=big,big"] {
            expect(try refusal(route, status: 64), has: ["expected NAME=MODEL,MODEL with 2 to 8 models", route])
        }
        expect(try refusal(String(repeating: "x", count: 65) + "=big,small", status: 64), has: ["at most 64 bytes"])
        let wrong: [(options: [String], words: [String])] = [
            (["--judge-share", "1.5"], ["--judge-share", "1.5"]),
            (["--power-budget", "0"], ["--power-budget: watts: expected more than 0", "found 0"]),
            (["--power-model", "12,3.5"], ["--power-model needs --power-budget"]),
            (["--power-budget", "9", "--power-model", "12"], ["--power-model", "12"]),
        ]
        for (options, words) in wrong { expect(try refusal("auto=big,small", options, status: 64), has: words) }
    }

    @Test func policiesAreChecked() throws {
        try stage.measureHost()
        try stage.addProfiles()
        func refusal(_ policies: String) throws -> String {
            let file = try stage.home.write(policies.utf8, "policies.yaml")
            return try self.refusal("auto=big,small", ["--policies", file])
        }
        expect(try refusal("policies: []\n"), has: ["policies.yaml", "policies", "1 to 64", "found 0"])
        expect(
            try refusal("policies:\n  - {name: a, trade_off: fast}\n"),
            has: ["policies.yaml", "trade_off", "fast", "balanced"])
        expect(
            try refusal("policies:\n  - {name: a, trade_off: quality}\n  - {name: b, trade_off: efficient}\n"),
            has: ["policies.yaml: policies: b: tenants: expected some, or a route's name", "found neither"])
        let missing = try self.refusal("auto=big,small", ["--policies", stage.home.path("none.yaml")])
        expect(missing, has: ["none.yaml"])
        let result = try Program.run(
            ["serve", "--model", "big=novels@production", "--roll-back-on-drift"], environment: stage.environment)
        #expect(result.status == 64 && result.errors.contains("--route"), "\(result.summary)")
    }
}
