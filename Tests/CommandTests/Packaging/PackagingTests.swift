import Foundation
import TestSupport
import Testing

/// What is shipped with the program starts it with arguments that it has, and asks it what it answers.
@Suite struct PackagingTests {
    /// What the server takes to end the requests whose time is over, and then its workers, in seconds.
    private static let drainSlack = 10

    @Test(arguments: Packaging.all) func optionsAreThoseOfServe(packaging: Packaging) throws {
        let words = try packaging.words()
        #expect(words.starts(with: ["/usr/local/bin/terse", "serve"]))
        let serve = try #require(try CommandTree.commands().first { $0.path == "serve" })
        let unknown = Handbook.options(in: words.joined(separator: " ")).subtracting(serve.options)
        #expect(unknown.isEmpty, "\(packaging.file) gives serve \(unknown.sorted()), which it does not have")
    }

    /// The server runs with them, and says that it is well where it is asked.
    @Test(.enabled(if: Python.isPresent, Comment(rawValue: Python.interpreterAbsence)), arguments: Packaging.all)
    func serversStartAsPackaged(packaging: Packaging) throws {
        let folder = try TemporaryFolder()
        // SHA-256 of "secret".
        let hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
        let keys = try folder.write(#"{"keys": [{"name": "a", "sha256": "\#(hash)"}]}"#.utf8, "keys.json")
        let server = try ServerProcess(try packaging.arguments(keys: keys))
        let paths = try Packaging.text(packaging.file).matches(of: #/(/v2/health/[a-z]+)/#).map { String($0.1) }
        #expect(!paths.isEmpty || packaging.file.hasSuffix(".service"))
        let result = try Python.run([ServerProcess.script("probes.py"), "\(server.port)"] + Set(paths).sorted())
        #expect(result.status == 0, "\(packaging.file): \(result.output)")
        #expect(server.end() == 0)
    }

    @Test func theContextHasWhatIsCopied() throws {
        let dockerfile = try Packaging.text("Dockerfile")
        let ignored = try Packaging.text(".dockerignore").split(separator: "\n")
        #expect(ignored.contains("*"))
        let copies = dockerfile.matches(of: #/\nCOPY (?!--from)(.*)/#)
        try #require(copies.count >= 5)
        for source in copies.flatMap({ $0.1.split(separator: " ").dropLast() }) {
            let path = TestData.repository.appending(path: String(source)).path
            #expect(FileManager.default.fileExists(atPath: path), "the Dockerfile copies \(source), which is not there")
            #expect(ignored.contains("!\(source)"), ".dockerignore leaves out \(source)")
        }
        let recipe = TestData.repository.appending(path: "Packaging/static").path
        #expect(FileManager.default.isExecutableFile(atPath: recipe))
    }

    @Test(arguments: [["--libc", "other"], ["--output"], ["more"]])
    func theRecipeKnowsItsUsage(arguments: [String]) throws {
        let recipe = TestData.repository.appending(path: "Packaging/static").path
        let result = try Tool.run(recipe, arguments)
        #expect(result.status == 64, "\(result.output)")
        #expect(result.output.hasPrefix("Packaging/static ["), "\(result.output)")
    }

    @Test(.enabled(if: Tool.find("hadolint") != nil, "no hadolint"))
    func theDockerfileIsClean() throws {
        let result = try Tool.run(try #require(Tool.find("hadolint")), ["Dockerfile"])
        #expect(result.status == 0, "\(result.output)")
    }

    /// As BuildKit's parser reads it.
    @Test(.enabled(if: Python.hasPackagingJudges, Comment(rawValue: Python.packagingAbsence)))
    func theImageIsAsItShouldBe() throws {
        let result = try Python.run([ServerProcess.script("image.py"), "Dockerfile"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(.enabled(if: Python.hasPackagingJudges, Comment(rawValue: Python.packagingAbsence)))
    func theManifestsAreValid() throws {
        let result = try Python.run([
            ServerProcess.script("manifests.py"), "Packaging/kubernetes", "\(Self.drainSlack)",
        ])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(.enabled(if: Tool.find("systemd-analyze") != nil, "no systemd-analyze"))
    func theUnitIsValidAndHardened() throws {
        let tool = try #require(Tool.find("systemd-analyze"))
        let folder = try TemporaryFolder()
        // The program need not be installed here.
        let text = try Packaging.text("Packaging/systemd/terse.service")
            .replacing("/usr/local/bin/terse", with: Program.url.path)
        let unit = try folder.write(text.utf8, "terse.service")
        let verified = try Tool.run(tool, ["verify", "--man=no", "--recursive-errors=no", unit])
        #expect(verified.status == 0 && verified.output.isEmpty, "\(verified.output)")
        // Tenths: what is exposed to the network has at least 1.
        let reviewed = try Tool.run(tool, ["security", "--offline=yes", "--threshold=15", "--no-pager", unit])
        #expect(reviewed.status == 0, "\(reviewed.output)")
    }

    @Test func theUnitGivesTimeToDrain() throws {
        let text = try Packaging.text("Packaging/systemd/terse.service")
        let drain = try #require(text.firstMatch(of: #/--drain (\d+)/#).flatMap { Int($0.1) })
        let stop = try #require(text.firstMatch(of: #/\nTimeoutStopSec=(\d+)\n/#).flatMap { Int($0.1) })
        #expect(stop > drain + Self.drainSlack)
        #expect(text.contains("\nKillMode=mixed\n"))
    }
}
