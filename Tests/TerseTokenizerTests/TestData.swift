import Foundation
import TerseFormats
import TerseTokenizer

/// The shared data folder and this target's own fixtures.
enum TestData {
    static let root: String = {
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["TERSE_TEST_DATA"] ?? "../shared/data"
        return URL(fileURLWithPath: named, relativeTo: repository).standardizedFileURL.path
    }()

    static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

    static func path(_ name: String) -> String { root + "/" + name }

    static func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    static func fixture(_ name: String) -> String { fixtures.appendingPathComponent(name).path }

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
}
