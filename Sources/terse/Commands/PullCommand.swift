import ArgumentParser
import Foundation
import TerseHub

/// `terse pull`: a model file from the network.
struct PullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Download a model file, going on where an earlier try stopped.",
        discussion: """
            Prints the file's path. It goes below models/ in the program's directory and appears when it is whole, its size and
            hash as the server and --sha256 say. What is there already is not fetched again. hf:OWNER/NAME/FILE is a file
            on the Hugging Face hub, hf:OWNER/NAME@REVISION/FILE of another branch, tag or commit. The first shard of a
            GGUF (…-00001-of-00003.gguf) brings the others with it.

            Environment: HF_TOKEN for repositories that ask for one, HF_ENDPOINT for a mirror of the hub, SSL_CERT_FILE for
            authorities of one's own.

            Examples:
              terse pull hf:microsoft/bitnet-b1.58-2B-4T-gguf/ggml-model-i2_s.gguf
              terse run "$(terse pull https://example.com/model.gguf)" -p "Once upon a time"
            """)

    @Argument(help: "https://…, http://… or hf:OWNER/NAME/FILE.")
    var source: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where to put the file; a directory keeps its name.", valueName: "PATH"))
    var output: String?

    @Option(
        name: .customLong("sha256"), parsing: .singleValue,
        help: ArgumentHelp(
            "What the file's SHA-256 must be, in hexadecimal digits; of shards one after the other.", valueName: "HEX"))
    var sha256: [String] = []

    @OptionGroup var home: HomeOption

    @Flag(help: "Print paths, sizes and hashes as JSON.")
    var json = false

    func validate() throws {
        for hash in sha256 where hash.count != 64 || !hash.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
            throw ValidationError("--sha256 must be 64 hexadecimal digits, found \"\(hash.prefix(80))\"")
        }
        let shards: Int
        do {
            shards = try FileSource(source).shards.count
        } catch {
            throw ValidationError(error.message)
        }
        guard sha256.isEmpty || sha256.count == shards else {
            throw ValidationError("--sha256 must be given once for each of \(shards) files, found \(sha256.count)")
        }
        if let output, shards > 1, !Self.isFolder(output) {
            throw ValidationError("--output must be a directory for \(shards) shards, found \(output)")
        }
    }

    func run() async throws {
        let configuration = try DownloadConfiguration(environment: ProcessInfo.processInfo.environment)
        let shards = try FileSource(source, endpoint: configuration.endpoint).shards
        let downloader = Downloader(home: home.directory, configuration: configuration)
        var pulled = PulledFiles()
        for (index, shard) in shards.enumerated() {
            let name = shard.localPath.last ?? source
            let title = shards.count > 1 ? "\(name) (\(index + 1) of \(shards.count))" : name
            let place = output.map { Self.isFolder($0) ? URL(filePath: $0).appending(path: name) : URL(filePath: $0) }
            let hash = sha256.isEmpty ? nil : sha256[index]
            let file = try await Self.untilInterrupted(PullProgress(title: title)) { progress in
                try await downloader.fetch(shard, to: place, sha256: hash, progress: progress)
            }
            if file.wasPresent { StandardError.writeLine("\(file.path.printable) is there already") }
            pulled.files.append(file)
        }
        try StandardOutput.writeLine(json ? pulled.json.serialized() : pulled.path)
    }

    private static func isFolder(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return path.hasSuffix("/")
            || (FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue)
    }

    /// How often Ctrl-C is looked for.
    private static let interruptInterval = Duration.milliseconds(50)

    /// Downloads until done or Ctrl-C, and says what is kept when it does not come to the end.
    private static func untilInterrupted(
        _ display: PullProgress,
        _ download: @escaping @Sendable (@escaping @Sendable (DownloadProgress) -> Void) async throws -> DownloadedFile
    ) async throws -> DownloadedFile {
        do {
            let file = try await withThrowingTaskGroup(of: DownloadedFile?.self) { group in
                group.addTask { try await download { display.report($0) } }
                group.addTask {
                    while !Interrupts.requested { try await Task.sleep(for: interruptInterval) }
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let file = first else { throw Interruption() }
                return file
            }
            display.finish()
            return file
        } catch {
            display.abandon(keepsPart: (error as? HubError)?.keepsPart ?? true)
            try Interrupts.check()
            throw error
        }
    }
}
