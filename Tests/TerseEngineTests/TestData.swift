import Foundation

/// Where test files lie.
enum TestData {
    /// `Tests/TerseEngineTests/Fixtures/NAME`, committed with the script that made it.
    static func fixture(_ name: String) -> String {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return here.appendingPathComponent("Fixtures").appendingPathComponent(name).path
    }

    /// A file of the shared data folder (`TERSE_TEST_DATA`, default `../shared/data` beside the repository), or nil.
    static func shared(_ name: String) -> String? {
        let repository = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let root =
            ProcessInfo.processInfo.environment["TERSE_TEST_DATA"].map {
                URL(fileURLWithPath: $0, relativeTo: repository)
            }
            ?? repository.deletingLastPathComponent().appendingPathComponent("shared/data")
        let path = root.appendingPathComponent(name).path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    static let stories = shared("models/stories260K.bin")
}
