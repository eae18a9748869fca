import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse models` as users and scripts have it.
@Suite struct ModelsTests {
    let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    private func terse(
        _ arguments: [String], input: String? = nil, fileBlocksMax: Int? = nil
    ) throws -> Program.Result {
        try Program.run(
            arguments, input: input, environment: ["TERSE_HOME": home.url.path, "TZ": "UTC"],
            fileBlocksMax: fileBlocksMax)
    }

    /// `terse models …`, which must succeed.
    @discardableResult
    private func models(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let result = try terse(["models"] + arguments)
        #expect(result.status == 0, "\(arguments): \(result.summary)", sourceLocation: sourceLocation)
        return result.output
    }

    private func json(_ arguments: String...) throws -> JSONValue {
        let result = try terse(["models"] + arguments + ["--json"])
        try #require(result.status == 0, "\(arguments): \(result.summary)")
        return try JSONValue.parse(Array(result.output.utf8))
    }

    private func run(_ model: String) throws -> Program.Result {
        try terse(["run", model, "-p", "", "-n", "20", "--quiet"])
    }

    @Test func aModelIsAddedFoundAndRun() throws {
        #expect(try json("list").arrayValue?.isEmpty == true)
        try models(
            "add", "stories", Stories.shipped, "--metric", "bits_per_byte=1.5", "--data", Stories.shipped,
            "--description", "tells stories", "--by", "alice", "--why", "first")
        let version = try json("show", "stories:1")
        #expect(version["description"]?.stringValue == "tells stories" && version["by"]?.stringValue == "alice")
        #expect(version["metrics"]?["bits_per_byte"]?.doubleValue == 1.5)
        let variant = try #require(version["variants"]?[0])
        #expect(variant["name"]?.stringValue == "f16" && variant["entry"]?.stringValue == "stories260K.gguf")
        #expect(variant["files"]?[0]?["sha256"] == version["data"]?[0]?["sha256"])
        let list = try json("list")
        #expect(list[0]?["name"]?.stringValue == "stories" && list[0]?["variants"]?.intValue == 1)
        let direct = try run(Stories.shipped)
        for name in ["stories", "stories:1", "stories:1/f16"] {
            let result = try run(name)
            #expect(result.status == 0 && result.output == direct.output, "\(name): \(result.summary)")
        }
        let path = try models("path", "stories").trimmingCharacters(in: .newlines)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: Stories.shipped)))
        #expect(try models("show", "stories:1").contains("tells stories"))
        #expect(try models("list").contains("stories"))
    }

    @Test func registeredNamesAreModelsEverywhere() throws {
        try models("add", "stories", Stories.shipped, "--alias", "production")
        for arguments in [
            ["inspect", "stories"], ["tokenize", "stories:1", "Once"],
            ["eval", "perplexity", "stories@production", "--file", "-"],
            ["convert", "stories", home.path("out.gguf"), "--type", "q8_0"],
            ["eval", "logits", "stories:1/f16", "--tokens", "1 2", "--output", home.path("logits")],
            ["run", "stories", "-p", "a", "-n", "1", "--draft-model", "stories:1"],
        ] {
            let result = try terse(arguments, input: String(repeating: "Once upon a time. ", count: 20))
            #expect(result.status == 0, "\(arguments): \(result.summary)")
        }
        // A file of that name wins.
        let folder = try TemporaryFolder()
        try folder.write(Data("nonsense".utf8), "stories")
        let result = try Program.run(
            ["inspect", "stories"], environment: ["TERSE_HOME": home.url.path], in: folder.url)
        #expect(result.status == 1 && result.errors.contains("neither a GGUF"), "\(result.summary)")
        for (name, message) in [
            ("novels", "there are stories"), ("stories:9", "newest is 1"), ("stories@x", "production"),
        ] {
            let result = try terse(["inspect", name])
            #expect(result.status == 1 && result.errors.contains("no such file"), "\(result.summary)")
            #expect(result.errors.contains(message), "\(result.summary)")
        }
    }

    /// Of `--home`, not of the environment.
    @Test func aRegisteredModelIsFoundInTheHomeThatIsGiven() throws {
        let other = try TemporaryFolder()
        try models("add", "stories", Stories.shipped, "--home", other.url.path)
        try models("add", "tales", "stories", "--home", other.url.path)
        #expect(try json("list", "--home", other.url.path).arrayValue?.count == 2)
        #expect(try terse(["models", "add", "tales", "stories"]).status == 1)
    }

    @Test func variantsAreMadeByType() throws {
        try models("add", "stories", Stories.shipped)
        let made = try json("add", "stories", Stories.shipped, "--types", "f16,q8_0", "--parent", "stories:1")
        #expect(made["version"]?.intValue == 2 && made["parent"]?.stringValue == "stories:1")
        #expect(made["variants"]?.arrayValue?.map { $0["name"]?.stringValue } == ["f16", "q8_0"])
        let more = try json("add", "stories:2", "stories:2/f16", "--types", "q4_0")
        #expect(more["variants"]?.arrayValue?.count == 3)
        #expect(try run("stories:2/q8_0").status == 0)
        let inspected = try JSONValue.parse(Array(try terse(["inspect", "stories:2/q4_0", "--json"]).output.utf8))
        #expect(inspected["types"]?.arrayValue?.contains { $0["type"]?.stringValue == "q4_0" } == true, "\(inspected)")
    }

    @Test func aliasesMoveAndGoBack() throws {
        for number in 1...3 {
            try models("add", "stories", Stories.shipped, "--alias", "production", "--why", "release \(number)")
        }
        let moves = try json("alias", "history", "stories", "production")
        #expect(moves.arrayValue?.map { $0["version"]?.intValue } == [1, 2, 3])
        #expect(moves[2]?["why"]?.stringValue == "release 3")
        #expect(try json("rollback", "stories", "--why", "garbled")["version"]?.intValue == 2)
        let aliases = try json("alias", "list", "stories").arrayValue?.map {
            "\($0["alias"]?.stringValue ?? "") \($0["version"]?.intValue ?? 0)"
        }
        #expect(aliases == ["previous 1", "production 2"])
        let third = try #require(moves[2]?["at"]?.stringValue)
        #expect(try json("live", "stories", "--at", third)[0]?["version"]?.intValue == 3)
        #expect(try json("live")[0]?["version"]?.intValue == 2)
        #expect(try json("live", "--at", "2020-01-01 00:00").arrayValue?.isEmpty == true)
        try models("alias", "set", "stories:3", "candidate")
        try models("alias", "clear", "stories", "candidate")
        #expect(try json("alias", "list", "stories").arrayValue?.count == 2)
        let history = try json("history", "stories").arrayValue ?? []
        #expect(history.first?["event"]?.stringValue == "model added")
        #expect(
            history.contains { $0["event"]?.stringValue == "alias rolled back" && $0["why"]?.stringValue == "garbled" })
        #expect(try models("history").contains("garbled") && models("alias", "history", "stories").contains("rollback"))
        #expect(try models("live").contains("stories:2/f16") && models("alias", "list", "stories").contains("previous"))
    }

    @Test func whatIsRemovedIsCollected() throws {
        try models("add", "stories", Stories.shipped, "--alias", "production")
        try models("add", "stories", Stories.shipped, "--types", "q8_0")
        let refused = try terse(["models", "remove", "stories:1"])
        #expect(
            refused.status == 1 && refused.errors.contains("the alias production points to it"), "\(refused.summary)")
        #expect(try json("remove", "stories:2").arrayValue?.map(\.stringValue) == ["stories:2/q8_0"])
        #expect(try json("gc", "--dry-run")["files"]?.intValue == 1)
        #expect(try json("gc")["files"]?.intValue == 1)
        #expect(try json("gc", "--outlived")["files"]?.intValue == 0)
        #expect(try json("retain", "stories", "5")["rollback_depth"]?.intValue == 5)
        #expect(try json("verify")["sound"]?.boolValue == true)
        let path = try models("path", "stories").trimmingCharacters(in: .newlines)
        let blob = URL(filePath: path).resolvingSymlinksInPath().path
        chmod(blob, 0o644)
        let handle = try FileHandle(forUpdating: URL(filePath: blob))
        try handle.seek(toOffset: 1000)
        try handle.write(contentsOf: Data([0xFF, 0xFE]))
        try handle.close()
        let damaged = try terse(["models", "verify"])
        #expect(damaged.status == 1 && damaged.errors.contains("expected SHA-256"), "\(damaged.summary)")
        let unusable = try run("stories")
        #expect(unusable.status == 1 && unusable.errors.contains("expected SHA-256"), "\(unusable.summary)")
        try models("add", "stories", Stories.shipped)
        #expect(try models("verify").hasPrefix("sound"))
    }

    @Test func aModelMovesToAnotherHost() throws {
        try models("add", "stories", Stories.shipped, "--types", "f16,q8_0", "--alias", "production")
        let archive = home.path("stories.tar")
        #expect(try json("export", "stories", archive)["variants"]?.intValue == 2)
        let other = try TemporaryFolder()
        func there(_ arguments: [String]) throws -> Program.Result {
            try Program.run(["models"] + arguments, environment: ["TERSE_HOME": other.url.path])
        }
        let result = try there(["import", archive, "--aliases", "--json"])
        #expect(result.status == 0, "\(result.summary)")
        #expect(try there(["verify"]).status == 0)
        #expect(try there(["path", "stories@production/q8_0"]).status == 0)
        // Through a pipe, under another name.
        let command =
            "\"$0\" models export stories - | TERSE_HOME='\(other.url.path)' \"$0\" models import - --name tales"
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command, Program.url.path]
        process.environment = Program.merged(["TERSE_HOME": home.url.path])
        try process.run()
        #expect(Program.wait(for: process) == 0)
        #expect(try there(["list", "--json"]).output.contains("tales"))
        var bytes = try Data(contentsOf: URL(filePath: archive))
        bytes.removeLast(5000)
        let broken = try home.write(bytes, "broken.tar")
        let refused = try there(["import", broken, "--name", "broken"])
        #expect(refused.status == 1 && refused.errors.contains("truncated"), "\(refused.summary)")
        #expect(try !there(["list", "--all", "--json"]).output.contains("broken"))
    }

    /// The disk takes no more: the limit on the size of files stands for it.
    @Test func aFullDiskChangesNothing() throws {
        try models("add", "stories", Stories.shipped)
        let model = try terse(["models", "add", "novels", TestData.shippedNovels], fileBlocksMax: 1000)
        #expect(model.status == 1 && model.errors.contains("File too large"), "\(model.summary)")
        // Room for the files, but not for the records.
        let records = try terse(["models", "add", "tales", Stories.shipped], fileBlocksMax: 1)
        #expect(records.status == 1, "\(records.summary)")
        let archive = home.path("stories.tar")
        #expect(try terse(["models", "export", "stories", archive], fileBlocksMax: 100).status == 1)
        #expect(!FileManager.default.fileExists(atPath: archive))
        #expect(try json("list", "--all").arrayValue?.count == 1)
        #expect(try models("verify").hasPrefix("sound"))
        let staging = home.path("blobs/staging")
        #expect(try FileManager.default.contentsOfDirectory(atPath: staging).isEmpty)
        try models("add", "novels", TestData.shippedNovels)
    }

    @Test func mistakesAreSaid() throws {
        try models("add", "stories", Stories.shipped)
        let cases: [([String], Int32, String)] = [
            (["add", "a b", Stories.shipped], 64, "letters, digits"),
            (["add", "stories", home.path("absent.gguf")], 1, "absent.gguf"),
            (["add", "stories", Stories.shipped, "--types", "q4_0,q9"], 64, #""q9" is no type"#),
            (["add", "stories", Stories.shipped, "--types", "q4_0,i2_s"], 64, #""i2_s" is no type"#),
            (["add", "stories", Stories.shipped, "--types", "q4_0,q8_0,q4_0"], 64, "q4_0 is there twice"),
            (["add", "stories", Stories.shipped, "--types", "q8_0,tq2_0"], 1, "--types tq2_0: no tensor"),
            (["add", "stories", Stories.shipped, "--metric", "loss"], 64, "--metric"),
            (["add", "stories:7", Stories.shipped], 1, "no version 7"),
            (["add", "stories:1", Stories.shipped], 1, "give it another name"),
            (["add", "stories:1", Stories.shipped, "--alias", "x"], 64, "alias set"),
            (["add", "stories", Stories.shipped, "--parent", "novels:1"], 1, "novels"),
            (["show", "novels"], 1, "there are stories"),
            (["show", "st ories"], 64, "st ories"),
            (["alias", "set", "stories", "production"], 64, "give the version"),
            (["alias", "set", "stories:1", "previous"], 1, "cannot be moved"),
            (["rollback", "stories"], 1, "nothing to roll back to"),
            (["live", "--at", "yesterday"], 64, "--at"),
            (["live", "--at", "2026-02-30 10:00"], 64, "--at"),
            (["import", Stories.shipped], 1, "tar entry"),
            (["retain", "stories", "0"], 64, "from 1 to 100"),
            (["gc", "--outlived", "--dry-run"], 64, "--dry-run"),
        ]
        for (arguments, status, message) in cases {
            let result = try terse(["models"] + arguments)
            #expect(result.status == status && result.output.isEmpty, "\(arguments): \(result.summary)")
            #expect(result.errors.hasPrefix("error: ") && result.errors.contains(message), "\(result.summary)")
        }
        #expect(try json("list")[0]?["versions"]?.intValue == 1)
    }
}
