import TerseTensor

/// One GGUF file: its metadata and its tensors, which are views of the mapping.
struct GGUFFile: Sendable {
    let path: String
    /// 2 or 3.
    let version: Int
    /// Tensor data starts at multiples of this many bytes.
    let alignment: Int
    let metadata: Metadata
    /// The tensors in file order, as they stand: a `.scale` tensor is still a tensor of its own.
    let tensors: [NamedTensor]

    /// Maps and checks the file at `path`. No tensor data is read.
    ///
    /// - Parameter i2sOrder: how the file's I2_S tensors order their weights; the file itself does not say.
    /// - Throws: `FormatError` naming the file, the key or tensor, and what was expected and found.
    init(path: String, i2sOrder: I2SOrder = .x86) throws(FormatError) {
        self = try GGUFReader.read(MappedFile.opening(path), i2sOrder: i2sOrder)
    }

    init(path: String, version: Int, alignment: Int, metadata: Metadata, tensors: [NamedTensor]) {
        self.path = path
        self.version = version
        self.alignment = alignment
        self.metadata = metadata
        self.tensors = tensors
    }
}

extension MappedFile {
    static func opening(_ path: String) throws(FormatError) -> MappedFile {
        do { return try MappedFile(path: path) } catch { throw FormatError(.system, error.message) }
    }
}
