import TerseFormats
import TerseTokenizer

extension Inspection {
    /// What a person wants to know first, a subject a line.
    var text: String {
        var lines: [(String, String)] = [("file", file.path.printable), ("format", file.format.rawValue)]
        lines.append(("architecture", architecture.printable))
        if let name { lines.append(("name", name.printable)) }
        for (index, line) in (file.description?.split(whereSeparator: \.isNewline) ?? []).enumerated() {
            lines.append((index == 0 ? "description" : "", String(line).printable))
        }
        if let license = file.license { lines.append(("licence", license.printable)) }
        lines += configurationLines
        if let bitsPerWeight {
            lines.append(("parameters", "\(Quantity.count(parameters)) in \(file.tensors.count) tensors"))
            lines.append(
                ("weights", "\(Quantity.bytes(tensorBytes)), \(Quantity.figures(bitsPerWeight)) bits per weight"))
        }
        lines += tokenizerLines
        lines.append(("chat template", templateSummary))
        lines += memoryLines
        let width = lines.map(\.0.count).max() ?? 0
        let summary = lines.map { label, value in
            label + String(repeating: " ", count: width - label.count) + "  " + value + "\n"
        }.joined()
        return types.isEmpty ? summary : summary + "\n" + typeTable
    }

    /// A row for each tensor.
    var tensorTable: String {
        var table = Table([("tensor", .left), ("type", .left), ("shape", .left), ("bytes", .right)])
        for tensor in file.tensors {
            let shape = tensor.shape.map(String.init).joined(separator: " × ")
            table.add([tensor.name.printable, tensor.type.name, shape, "\(tensor.byteCount)"])
        }
        return table.text
    }

    /// A row for each metadata key.
    var metadataTable: String {
        var table = Table([("key", .left), ("value", .left)])
        for key in file.metadata.keys {
            table.add([key.printable, (file.metadata[key]?.summary ?? "").printable])
        }
        return table.text
    }

    private var typeTable: String {
        var table = Table([("type", .left), ("tensors", .right), ("parameters", .right), ("size", .right)])
        for total in types {
            table.add([
                total.type.name, "\(total.tensors)", Quantity.count(total.elements), Quantity.bytes(total.bytes),
            ])
        }
        return table.text
    }

    private var tokenizerLines: [(String, String)] {
        guard let tokenizer else { return [("tokenizer", "none in the file")] }
        var summary = "\(tokenizer.algorithm.name), \(tokenizer.tokens.count) tokens"
        if let name = tokenizer.preTokenizerName { summary += ", pre-tokenizer \(name.printable)" }
        var lines = [("tokenizer", summary)]
        if let bos = tokenizer.special.bos {
            lines.append(("beginning of text", "\(bos) \(tokenizer.spelling(bos).printable)"))
        }
        let ends = tokenizer.endOfText.sorted().map { "\($0) \(tokenizer.spelling($0).printable)" }
        lines.append(("end of text", ends.isEmpty ? "none" : ends.joined(separator: ", ")))
        return lines
    }

    private var templateSummary: String {
        guard let template = file.chatTemplate else { return "none in the file; chat uses ChatML" }
        return "\(template.count) characters"
    }
}
