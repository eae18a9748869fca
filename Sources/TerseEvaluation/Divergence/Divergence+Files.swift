import Foundation

extension Divergence {
    /// Compares two files as `LogitsFile` writes them, a row at a time.
    /// - Throws: `EvaluationError`: `mismatch` when their sizes differ or are no whole number of rows of `vocabulary`,
    ///   `model` when logits are not numbers, `system`, `cancelled`.
    public static func between(
        reference: String, other: String, vocabularySize: Int, progress: EvaluationProgress.Handler = { _ in true }
    ) throws(EvaluationError) -> Divergence {
        let (left, right) = (try data(reference), try data(other))
        let (rowBytes, overflow) = vocabularySize.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
        guard vocabularySize > 0, !overflow, left.count == right.count, left.count % rowBytes == 0, !left.isEmpty else {
            throw EvaluationError(
                .mismatch,
                "\(reference) has \(left.count) bytes, \(other) \(right.count): expected as many in both, a multiple of "
                    + "\(vocabularySize) tokens × 4")
        }
        var measure = DivergenceMeasure()
        let rows = left.count / rowBytes
        for row in 0..<rows {
            try floats(left, row, vocabularySize).withUnsafeBufferPointer { (left) throws(EvaluationError) in
                try floats(right, row, vocabularySize).withUnsafeBufferPointer { (right) throws(EvaluationError) in
                    try measure.add(left, right)
                }
            }
            guard progress(EvaluationProgress(done: row + 1, total: rows, current: measure.current)) else {
                throw EvaluationError(.cancelled, "cancelled after \(row + 1) of \(rows) positions")
            }
        }
        measure.endPart()
        return measure.result
    }

    private static func data(_ path: String) throws(EvaluationError) -> Data {
        try InputFile.check(path)
        do {
            return try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
        } catch {
            throw EvaluationError(.system, "\(path): cannot read: \(error.localizedDescription)")
        }
    }

    private static func floats(_ data: Data, _ row: Int, _ count: Int) -> [Float] {
        data.withUnsafeBytes { bytes in
            (0..<count).map { index in
                let pattern = bytes.loadUnaligned(fromByteOffset: (row * count + index) * 4, as: UInt32.self)
                return Float(bitPattern: UInt32(littleEndian: pattern))
            }
        }
    }
}
