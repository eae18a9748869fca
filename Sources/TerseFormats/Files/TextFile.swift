import TerseTensor

/// A small file of UTF-8 text.
enum TextFile {
    /// - Throws: `FormatError` when it is longer than `bytesMax` or no UTF-8.
    static func read(_ path: String, bytesMax: Int) throws(FormatError) -> String {
        let file = try MappedFile.opening(path)
        guard file.count <= bytesMax else {
            throw FormatError(.limitExceeded, "\(path): \(file.count) bytes, the limit is \(bytesMax)")
        }
        guard let text = String(validating: file.buffer, as: UTF8.self) else {
            throw FormatError(.invalid, "\(path): not valid UTF-8")
        }
        return text
    }
}
