import Foundation

/// Where test files lie: fixtures in the repository, and real models, tokenizers and texts, which are not part of it.
public enum TestData {
    public static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().standardizedFileURL

    /// The folder that `TERSE_TEST_DATA` names, relative to the repository's root. It need not be there.
    public static let root = URL(
        filePath: ProcessInfo.processInfo.environment["TERSE_TEST_DATA"] ?? "../shared/data",
        directoryHint: .isDirectory, relativeTo: repository
    ).standardizedFileURL

    /// Said by tests that are skipped.
    public static let absence = "no test data: set TERSE_TEST_DATA to its folder"

    public static var isPresent: Bool { FileManager.default.fileExists(atPath: root.path) }

    /// A checkpoint of llama2.c with 260 thousand weights, trained on children's stories.
    public static let stories = shared("models/stories260K.bin")

    /// The same model as the repository ships it, in f16 with its tokenizer.
    public static let shippedStories = repository.appending(path: "Models/stories260K.gguf").path

    /// The ternary model that `./run` serves.
    public static let shippedNovels = repository.appending(path: "Models/novels/novels-11m.gguf").path
    /// The smaller one, distilled from it.
    public static let shippedSmallNovels = repository.appending(path: "Models/novels/novels-3m.gguf").path

    /// The path that a file of the test data has or would have.
    public static func path(_ name: String) -> String { root.appending(path: name).path }

    /// The path of a file of the test data, or nil where it is absent.
    public static func shared(_ name: String) -> String? {
        FileManager.default.fileExists(atPath: path(name)) ? path(name) : nil
    }

    /// The contents of a file of the test data.
    public static func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: name)), as: UTF8.self)
    }

    /// `Fixtures/NAME` beside the file that calls, committed with the script that made it.
    public static func fixture(_ name: String, caller: String = #filePath) -> String {
        URL(filePath: caller).deletingLastPathComponent().appending(path: "Fixtures").appending(path: name).path
    }
}
