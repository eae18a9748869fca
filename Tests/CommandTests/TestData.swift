import Foundation

/// Real models, tokenizers and texts, which are not part of the repository.
enum TestData {
    static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["TERSE_TEST_DATA"] { return URL(filePath: path) }
        return repository.deletingLastPathComponent().appending(path: "shared/data")
    }()

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().standardizedFileURL

    static var isPresent: Bool { FileManager.default.fileExists(atPath: root.path) }

    /// Said by tests that are skipped.
    static let absence = "no test data: set TERSE_TEST_DATA to its folder"

    static func path(_ name: String) -> String { root.appending(path: name).path }

    static func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: name)), as: UTF8.self)
    }
}
