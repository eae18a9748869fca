import Foundation
import TerseRegistry

/// The text that quality is measured on.
struct ProfileText {
    let name: String
    let text: String
    let hash: BlobHash

    /// - Throws: `CommandError` naming the file when it cannot be read or is not UTF-8.
    init(path: String) throws {
        text = try TextInput.read(path)
        name = path == TextInput.standardInput ? "standard input" : URL(filePath: path).lastPathComponent
        hash = .of(text.utf8)
    }
}
