/// A function with a body in a source file, found by the indentation that the formatter guarantees.
struct Function {
    let line: Int
    let lineCount: Int
}

extension Repository.File {
    /// The functions of the file, those on one line left out.
    var functions: [Function] {
        let lines = lines
        return lines.indices.compactMap { start in
            guard beginsFunction(start, in: lines) else { return nil }
            let margin = lines[start].prefix { $0 == " " }
            for index in (start + 1)..<lines.count {
                if lines[index].hasPrefix(margin + "}") {
                    return Function(line: start + 1, lineCount: index - start + 1)
                }
                // A requirement of a protocol, which ends with the protocol.
                if !lines[index].isEmpty, !lines[index].hasPrefix(margin) { return nil }
            }
            return nil
        }
    }

    private func beginsFunction(_ index: Int, in lines: [Substring]) -> Bool {
        let line = lines[index]
        guard index + 1 < lines.count, !line.hasSuffix("}") else { return false }
        if path.hasSuffix(".swift") {
            guard ["func ", "init", "subscript"].contains(where: { line.contains($0) }) else { return false }
            let declaration =
                #/^ *(?:@\w+(?:\([^)]*\))? |[a-z]+(?:\([a-z]+\))? )*(?:func |(?:de)?init[?(< ]|subscript[(<])/#
            return line.firstMatch(of: declaration) != nil
        }
        guard line.hasSuffix("{"), let first = line.first, first.isLetter else { return false }
        return line.contains("(") || (index > 0 && lines[index - 1].contains("("))
    }
}
