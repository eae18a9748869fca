/// What the counts say of the text.
extension TextCounts {
    /// Thresholds lie between what novels, encyclopaedias, questions of benchmarks and sources of programs have.
    var kind: TextKind {
        let visible = Double(max(1, characters - spaces))
        let symbols = Double(codeSymbols) / visible
        let isFormula = commands >= 3 || Double(operators + digits) / visible >= 0.2
        if symbols >= 0.05, !(commands >= 3 && codeLines * 4 < lines) {
            let statements = Double(codeLines) / Double(max(1, lines))
            let keywords = Double(codeWords) / Double(max(1, words))
            if statements >= 0.3 || keywords >= 0.03 { return .code }
        }
        // Prose that asks for a program.
        if programmingWords * 40 >= words, programmingWords > 0 { return .code }
        let names = Double(mathematicsWords) / Double(max(1, words))
        return isFormula || names >= 0.05 || (names >= 0.02 && digits + operators >= 2) ? .mathematics : .prose
    }

    /// Japanese mixes kana with Han; any noticeable share of kana is it.
    var script: Script {
        if (scripts[.kana] ?? 0) * 10 > letters { return .kana }
        // Of two with as many letters always the same.
        return Script.allCases.max { (scripts[$0] ?? 0) < (scripts[$1] ?? 0) } ?? .latin
    }
}
