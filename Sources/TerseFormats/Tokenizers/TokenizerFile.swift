import Foundation
import TerseTensor
import TerseTokenizer

/// Files that hold a tokenizer.
public enum TokenizerFile {
    /// The largest file that is read for its tokenizer alone. GGUF files hold weights, too, and have no such limit.
    public static let bytesMax = TokenizerLimits.textBytesMax

    /// The tokenizer that the file or directory at `path` holds: GGUF, tokenizer.json, a SentencePiece model, tiktoken's
    /// ranks, llama2.c's tokenizer.bin, or a Hugging Face directory with one of these, with vocab.json and merges.txt or
    /// with vocab.txt. What kind of file it is shows from its content.
    ///
    /// - Throws: `FormatError` naming the file and what is wrong with it, or that it holds no tokenizer.
    public static func open(_ path: String) throws(FormatError) -> TokenizerDefinition {
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
            return try TokenizerDirectory(path: path).definition()
        }
        let file = try MappedFile.opening(path)
        return try definition(file.buffer, path: path).validated(file: path)
    }

    /// The tokenizer in the bytes of the file at `path`.
    static func definition(_ bytes: UnsafeRawBufferPointer, path: String) throws(FormatError) -> TokenizerDefinition {
        if bytes.starts(with: "GGUF".utf8) {
            guard let definition = try GGUFTokenizer.definition(try GGUFFile(path: path).metadata) else {
                throw FormatError(.missing, "\(path): holds no tokenizer: metadata key tokenizer.ggml.model is missing")
            }
            return definition
        }
        if bytes.first(where: { !isJSONSpace($0) }) == UInt8(ascii: "{") {
            return try TokenizerJSON(JSONFile(path: path)).definition()
        }
        guard bytes.count <= bytesMax else {
            throw FormatError(.limitExceeded, "\(path): \(bytes.count) bytes, the limit of a tokenizer is \(bytesMax)")
        }
        if TiktokenFile.isLikely(bytes) { return try TiktokenFile.definition(bytes, file: path) }
        if SentencePieceFile.isLikely(bytes) { return try SentencePieceFile.definition(bytes, file: path) }
        if Llama2CTokenizer.isLikely(bytes) { return try Llama2CTokenizer.definition(bytes, file: path) }
        throw FormatError(
            .unsupported,
            "\(path): is no tokenizer of a known format (GGUF, tokenizer.json, SentencePiece, tiktoken, tokenizer.bin)")
    }

    private static func isJSONSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
