import Foundation
import TerseJSON

/// A multiple-choice benchmark: how its files are read and how its questions are put to a model.
///
/// Prompts are those of lm-evaluation-harness (tasks hellaswag, piqa, arc_easy).
public enum ChoiceTask: String, Sendable, CaseIterable {
    /// Six lines an item: context, index of the right ending, four endings; texts as the harness prepares them.
    case hellaswag
    /// A JSON object a line with `goal`, `sol1`, `sol2`; labels 0 or 1, a line each, in a file of their own.
    case piqa
    /// A JSON array of objects whose `instruction` holds question and numbered answers, and `answer` the right one.
    case arc

    /// A larger data file is refused.
    public static let fileBytesMax = 1 << 30

    /// Reads a benchmark's items.
    ///
    /// - Parameters:
    ///   - path: the data file, as text or compressed by bzip2 (`.bz2`).
    ///   - labels: PIQA's label file; nil: beside the data, named like it (`valid.jsonl`, `valid-labels.lst`).
    /// - Throws: `EvaluationError`: `system`, or `badData` naming the file and, where there are items, the line.
    public func items(path: String, labels: String? = nil) throws(EvaluationError) -> [ChoiceItem] {
        let text = try Self.text(path)
        let items: [ChoiceItem]
        switch self {
        case .hellaswag: items = try Self.hellaswag(text, path)
        case .piqa:
            let labels = labels ?? path.replacingOccurrences(of: ".jsonl", with: "-labels.lst")
            items = try Self.piqa(text, path, Self.text(labels), labels)
        case .arc: items = try Self.arc(text, path)
        }
        guard !items.isEmpty else { throw EvaluationError(.badData, "\(path): expected questions, found none") }
        return items
    }

    static func hellaswag(_ text: String, _ path: String) throws(EvaluationError) -> [ChoiceItem] {
        let lines = lines(text)
        guard lines.count % 6 == 0 else {
            throw EvaluationError(.badData, "\(path): expected six lines an item, found \(lines.count) lines")
        }
        var items: [ChoiceItem] = []
        for start in stride(from: 0, to: lines.count, by: 6) {
            guard let answer = Int(lines[start + 1].trimmingCharacters(in: .whitespaces)), (0..<4).contains(answer)
            else {
                throw EvaluationError(
                    .badData,
                    "\(path):\(start + 2): expected the right ending, 0…3, found \"\(lines[start + 1].prefix(40))\"")
            }
            items.append(
                ChoiceItem(
                    context: lines[start], choices: Array(lines[start + 2..<start + 6]), answer: answer,
                    place: "\(path):\(start + 1)"))
        }
        return items
    }

    static func piqa(
        _ text: String, _ path: String, _ labelText: String, _ labelPath: String
    ) throws(EvaluationError) -> [ChoiceItem] {
        let (lines, labels) = (lines(text), lines(labelText))
        guard lines.count == labels.count else {
            throw EvaluationError(
                .badData, "\(path) has \(lines.count) items, \(labelPath) \(labels.count) labels")
        }
        var items: [ChoiceItem] = []
        for (index, line) in lines.enumerated() {
            let place = "\(path):\(index + 1)"
            let item = try json(line, place)
            guard let goal = item["goal"]?.stringValue, let first = item["sol1"]?.stringValue,
                let second = item["sol2"]?.stringValue
            else { throw EvaluationError(.badData, "\(place): expected strings goal, sol1 and sol2") }
            guard let label = Int(labels[index].trimmingCharacters(in: .whitespaces)), (0..<2).contains(label) else {
                throw EvaluationError(
                    .badData, "\(labelPath):\(index + 1): expected 0 or 1, found \"\(labels[index].prefix(40))\"")
            }
            items.append(ChoiceItem(context: question(goal), choices: [first, second], answer: label, place: place))
        }
        return items
    }

    static func arc(_ text: String, _ path: String) throws(EvaluationError) -> [ChoiceItem] {
        guard let entries = try json(text, path).arrayValue else {
            throw EvaluationError(.badData, "\(path): expected an array of items")
        }
        var items: [ChoiceItem] = []
        for (index, entry) in entries.enumerated() {
            let place = "\(path): item \(index)"
            guard let instruction = entry["instruction"]?.stringValue, let answer = entry["answer"]?.stringValue else {
                throw EvaluationError(.badData, "\(place): expected strings instruction and answer")
            }
            items.append(try item(instruction, answer, place))
        }
        return items
    }

    /// "Please choose the correct answer to the question: Q\n\nAnswer1: A Answer2: B …\n\nAnswer format: …", "answer2".
    private static func item(
        _ instruction: String, _ answer: String, _ place: String
    ) throws(EvaluationError) -> ChoiceItem {
        let parts = instruction.components(separatedBy: "\n\n")
        guard parts.count >= 3, let colon = parts[0].range(of: "question: ") else {
            throw EvaluationError(.badData, "\(place): expected a question, answers and a format, apart by empty lines")
        }
        let text = parts[1..<parts.count - 1].joined(separator: "\n\n")
        var choices: [String] = []
        var rest = text[...]
        while let mark = rest.range(of: "Answer\(choices.count + 1): ") {
            let after = rest[mark.upperBound...]
            let end = after.range(of: " Answer\(choices.count + 2): ")?.lowerBound ?? after.endIndex
            choices.append(after[..<end].trimmingCharacters(in: .whitespaces))
            rest = after[end...]
        }
        guard answer.hasPrefix("answer"), let number = Int(answer.dropFirst("answer".count)),
            (1...max(choices.count, 1)).contains(number), choices.count > 1
        else {
            throw EvaluationError(
                .badData, "\(place): expected answer1…answer\(choices.count), found \"\(answer.prefix(40))\"")
        }
        return ChoiceItem(
            context: question(String(parts[0][colon.upperBound...])), choices: choices, answer: number - 1,
            place: place)
    }

    private static func question(_ text: String) -> String { "Question: \(text)\nAnswer:" }

    /// Lines without the last one's end; the ends of Windows' lines are gone.
    private static func lines(_ text: String) -> [String] {
        // By scalars: CR LF is a single Character.
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.last == "\r" ? line.dropLast() : line)
        }
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func json(_ text: String, _ place: String) throws(EvaluationError) -> JSONValue {
        do { return try JSONValue.parse(text) } catch { throw EvaluationError(.badData, "\(place): \(error.message)") }
    }
}
