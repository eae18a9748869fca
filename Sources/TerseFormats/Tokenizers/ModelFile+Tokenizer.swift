import TerseTensor
import TerseTokenizer

extension ModelFile {
    /// The tokenizer that belongs to the model: the one it was opened with, else the one in its file or beside it.
    /// Nil when there is none.
    /// - Throws: `FormatError` naming the file, the field and both sides of what does not fit.
    public func tokenizerDefinition() throws(FormatError) -> TokenizerDefinition? {
        guard let tokenizerPath else { return try GGUFTokenizer.definition(metadata)?.validated(file: path) }
        return try TokenizerFile.open(tokenizerPath)
    }
}
