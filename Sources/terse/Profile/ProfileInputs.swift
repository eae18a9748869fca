import Foundation
import TerseEvaluation
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

/// The questions that accuracy is measured on.
struct ProfileChoice {
    let task: ChoiceTask
    let items: [ChoiceItem]
    let file: Lineage.Dataset

    /// - Throws: `EvaluationError` naming file and line, `RegistryError` when the file cannot be read.
    init(_ argument: ChoiceFile) throws {
        task = argument.task
        items = try task.items(path: argument.path)
        file = try Lineage.Dataset(file: argument.path)
    }
}
