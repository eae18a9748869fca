import TerseTokenizer

extension FormatError {
    /// What is wrong with the tokenizer in `file`.
    init(_ error: TokenizerError, file: String) {
        let code: Code =
            switch error.code {
            case .invalid: .invalid
            case .unsupported: .unsupported
            case .tooLarge: .limitExceeded
            }
        self.init(code, "\(file): \(error.message)")
    }
}

extension TokenizerDefinition {
    /// The same definition, found to be one that `Tokenizer` accepts.
    /// - Throws: `FormatError` naming `file`, the field and both sides of what does not fit.
    func validated(file: String) throws(FormatError) -> TokenizerDefinition {
        do { try validate() } catch { throw FormatError(error, file: file) }
        return self
    }
}
