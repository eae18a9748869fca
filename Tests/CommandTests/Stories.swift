import Foundation
import Synchronization
import TestSupport
import Testing

/// stories260K, converted by `terse convert` once for each type that tests ask for.
enum Stories {
    private static let directory = Result { try TemporaryFolder() }
    private static let converted = Mutex<[String: String]>([:])

    static let checkpoint = TestData.path("models/stories260K.bin")
    static let tokenizer = TestData.path("models/tok512.bin")
    /// The model that the repository ships, for tests that need one but no test data.
    static let shipped = TestData.shippedStories

    /// Its greedy text, 200 positions from the beginning-of-text token, as llama2.c prints it.
    static func golden() throws -> String {
        var text = try TestData.text("models/stories260K-golden.txt")
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    /// The path of the model in GGUF with this type.
    static func gguf(_ type: String) throws -> String {
        try converted.withLock { converted in
            if let path = converted[type] { return path }
            let path = try directory.get().path("stories260K-\(type).gguf")
            let result = try Program.run(["convert", checkpoint, path, "--tokenizer", tokenizer, "--type", type])
            try #require(result.status == 0, "\(result.summary)")
            converted[type] = path
            return path
        }
    }
}
