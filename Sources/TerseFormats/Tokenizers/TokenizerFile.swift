import Foundation
import TerseTensor
import TerseTokenizer

/// Files that hold a tokenizer.
public enum TokenizerFile {
    /// The tokenizer that the file at `path` holds; what kind of file it is shows from its content.
    ///
    /// - Throws: `FormatError` naming the file and what is wrong with it, or that it holds no tokenizer.
    public static func open(_ path: String) throws(FormatError) -> TokenizerDefinition {
        let file = try MappedFile.opening(path)
        guard file.buffer.starts(with: "GGUF".utf8) else {
            throw FormatError(.unsupported, "\(path): holds no tokenizer of a known format")
        }
        guard let definition = try ModelFile.open(path).tokenizerDefinition() else {
            throw FormatError(.missing, "\(path): holds no tokenizer")
        }
        return definition
    }
}
