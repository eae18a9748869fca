import TerseTensor

/// The header of a llama2.c checkpoint.
///
/// Version 0 is seven int32 and nothing else; versions 1 (float32) and 2 (int8 groups) start with the magic "ak42" and
/// take 256 bytes. Source: export.py of https://github.com/karpathy/llama2.c.
struct Llama2CHeader {
    static let magic: UInt32 = 0x616B_3432
    private static let versionedBytes = 256
    /// No dimension of these models comes near; products of a few cannot overflow.
    private static let extentMax = 1 << 24
    private static let layersMax = 4096

    let version: Int
    let dimension: Int
    let hiddenDimension: Int
    let layers: Int
    let heads: Int
    let kvHeads: Int
    let vocabularySize: Int
    let contextLength: Int
    /// Whether the head is the embedding; if not, its matrix follows the rest.
    let sharesHead: Bool
    /// Version 2: this many weights share a scale.
    let groupSize: Int
    /// Where weights start.
    let dataOffset: Int

    var headDimension: Int { dimension / heads }
    var kvDimension: Int { headDimension * kvHeads }

    init(_ file: MappedFile) throws(FormatError) {
        var cursor = ByteCursor(file.buffer, file: file.path)
        var version = 0
        if file.count >= 4, UInt32(littleEndian: file.buffer.loadUnaligned(as: UInt32.self)) == Self.magic {
            _ = try cursor.read(UInt32.self, "the magic number")
            version = Int(try cursor.read(Int32.self, "the version"))
            guard version == 1 || version == 2 else {
                throw FormatError(
                    .unsupported, "\(file.path): llama2.c version \(version); versions 0, 1 and 2 are read")
            }
        }
        self.version = version
        dimension = try Self.extent(&cursor, "dim", max: Self.extentMax)
        hiddenDimension = try Self.extent(&cursor, "hidden_dim", max: Self.extentMax)
        layers = try Self.extent(&cursor, "n_layers", max: Self.layersMax)
        heads = try Self.extent(&cursor, "n_heads", max: Self.extentMax)
        kvHeads = try Self.extent(&cursor, "n_kv_heads", max: Self.extentMax)
        // Version 0 says by the sign whether the head is shared.
        let vocabulary = Int(try cursor.read(Int32.self, "vocab_size"))
        guard (1...Self.extentMax).contains(abs(vocabulary)), version == 0 || vocabulary > 0 else {
            throw FormatError(
                .invalid, "\(file.path): vocab_size: expected 1 to \(Self.extentMax), found \(vocabulary)")
        }
        vocabularySize = abs(vocabulary)
        contextLength = try Self.extent(&cursor, "seq_len", max: Self.extentMax)
        if version == 0 {
            sharesHead = vocabulary > 0
            groupSize = 1
            dataOffset = cursor.offset
        } else {
            sharesHead = try cursor.read(UInt8.self, "the shared classifier flag") != 0
            groupSize = version == 2 ? try Self.extent(&cursor, "group_size", max: Self.extentMax) : 1
            dataOffset = Self.versionedBytes
        }
        guard dimension % heads == 0, heads % kvHeads == 0, headDimension % 2 == 0 else {
            throw FormatError(
                .mismatch,
                "\(file.path): dim \(dimension), n_heads \(heads) and n_kv_heads \(kvHeads) do not divide into even heads"
            )
        }
    }

    private static func extent(_ cursor: inout ByteCursor, _ name: String, max: Int) throws(FormatError) -> Int {
        let value = Int(try cursor.read(Int32.self, name))
        guard (1...max).contains(value) else {
            throw FormatError(.invalid, "\(cursor.file): \(name): expected 1 to \(max), found \(value)")
        }
        return value
    }
}
