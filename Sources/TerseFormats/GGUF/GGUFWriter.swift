import TerseTensor

/// Writes GGUF version 3: the header from what is announced, then the data of each tensor as it comes, so that no more
/// than one piece of one tensor is in memory.
///
/// The files appear under their names only when `finish` succeeds. Source:
/// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
public final class GGUFWriter {
    /// A tensor to come: its name, type and shape (contiguous dimension first).
    public struct Entry: Sendable, Equatable {
        /// At most `GGUFLimits.tensorNameBytesMax` bytes.
        public let name: String
        /// How its elements are encoded.
        public let type: ElementType
        /// Extents, contiguous dimension first.
        public let shape: [Int]

        /// Announces a tensor.
        public init(name: String, type: ElementType, shape: [Int]) {
            self.name = name
            self.type = type
            self.shape = shape
        }

        /// Bytes of its data in `file`; for I2_S with the scale that follows.
        func byteCount(file: String) throws(FormatError) -> Int {
            try TensorEntry.byteCount(type, shape, "\(file): tensor \(name)")
        }
    }

    private struct Shard {
        let file: OutputFile
        /// The tensors of this file.
        let range: Range<Int>
    }

    private let entries: [Entry]
    private let sizes: [Int]
    private let alignment: Int
    private var shards: [Shard] = []
    /// The tensor whose data comes next, and how much of it has come.
    private var current = 0
    private var currentBytes = 0

    /// Starts a file, or several.
    ///
    /// - Parameters:
    ///   - path: where the file appears. In shards, `NAME.gguf` becomes `NAME-00001-of-00003.gguf` and so on.
    ///   - metadata: written in its order; `general.alignment` is obeyed.
    ///   - tensors: in the order in which their data will come.
    ///   - shardBytesMax: when given, tensors go into shards of at most this many data bytes (a larger tensor has one
    ///     of its own).
    /// - Throws: `FormatError` when a limit of the format is exceeded, a name appears twice or a file cannot be made.
    public init(
        path: String, metadata: Metadata, tensors: [Entry], shardBytesMax: Int? = nil
    ) throws(FormatError) {
        entries = tensors
        alignment = try GGUFReader.alignment(metadata, file: path)
        var sizes: [Int] = []
        for entry in tensors { sizes.append(try entry.byteCount(file: path)) }
        self.sizes = sizes
        try Self.check(tensors, path: path)
        let ranges = Self.ranges(sizes: sizes, shardBytesMax: shardBytesMax)
        guard ranges.count <= GGUFLimits.shardsMax else {
            throw FormatError(
                .limitExceeded, "\(path): \(ranges.count) shards, the limit is \(GGUFLimits.shardsMax)")
        }
        let stem = path.hasSuffix(".gguf") ? String(path.dropLast(5)) : path
        let name = ShardName(prefix: stem, count: ranges.count)
        for (number, range) in ranges.enumerated() {
            var keys = number == 0 ? metadata : Metadata(source: path)
            if ranges.count > 1 {
                keys[GGUFShards.numberKey] = .uint16(UInt16(number))
                keys[GGUFShards.countKey] = .uint16(UInt16(ranges.count))
                keys[GGUFShards.tensorCountKey] = .int32(Int32(tensors.count))
            }
            let file = try OutputFile(path: ranges.count > 1 ? name.path(of: number) : path)
            try file.write(
                GGUFHeader(metadata: keys, entries: tensors[range], sizes: sizes[range], alignment: alignment).encoded()
            )
            try file.pad(to: alignment)
            shards.append(Shard(file: file, range: range))
        }
    }

    /// Appends data of the tensor whose turn it is; a tensor may come in any number of pieces.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        guard current < entries.count, bytes.count <= sizes[current] - currentBytes else {
            let name = current < entries.count ? "tensor \(entries[current].name)" : "the file"
            throw FormatError(.mismatch, "\(shards[0].file.path): more data than \(name) announced")
        }
        let file = shard(of: current).file
        try file.write(bytes)
        currentBytes += bytes.count
        if currentBytes == sizes[current] {
            try file.pad(to: alignment)
            current += 1
            currentBytes = 0
        }
    }

    /// Completes the files and gives them their names.
    /// - Returns: their paths.
    /// - Throws: `FormatError` (`mismatch`) when data is missing, `system` when the disk fails.
    public func finish() throws(FormatError) -> [String] {
        guard current == entries.count else {
            throw FormatError(
                .mismatch,
                "\(shards[0].file.path): tensor \(entries[current].name) has \(currentBytes) of \(sizes[current]) bytes"
            )
        }
        // The first shard comes last: while it is missing, nothing takes the rest for a model.
        for shard in shards.reversed() { try shard.file.commit() }
        return shards.map(\.file.path)
    }

    /// Bytes of all files together, of what has been written so far.
    public var byteCount: Int { shards.reduce(0) { $0 + $1.file.byteCount } }

    private func shard(of tensor: Int) -> Shard {
        var index = 0
        while !shards[index].range.contains(tensor) { index += 1 }
        return shards[index]
    }

    private static func check(_ tensors: [Entry], path: String) throws(FormatError) {
        guard tensors.count <= GGUFLimits.tensorsMax else {
            throw FormatError(
                .limitExceeded, "\(path): \(tensors.count) tensors, the limit is \(GGUFLimits.tensorsMax)")
        }
        var names: Set<String> = []
        for tensor in tensors {
            guard !tensor.name.isEmpty, tensor.name.utf8.count <= GGUFLimits.tensorNameBytesMax else {
                throw FormatError(
                    .limitExceeded,
                    "\(path): tensor name \(tensor.name.debugDescription) must have 1 to \(GGUFLimits.tensorNameBytesMax) bytes"
                )
            }
            guard names.insert(tensor.name).inserted else {
                throw FormatError(.invalid, "\(path): tensor \(tensor.name) appears twice")
            }
            guard tensor.shape.count <= GGUFLimits.dimensionsMax else {
                throw FormatError(
                    .limitExceeded,
                    "\(path): tensor \(tensor.name) has \(tensor.shape.count) dimensions, the limit is \(GGUFLimits.dimensionsMax)"
                )
            }
        }
    }

    private static func ranges(sizes: [Int], shardBytesMax: Int?) -> [Range<Int>] {
        guard let limit = shardBytesMax else { return [0..<sizes.count] }
        var ranges: [Range<Int>] = []
        var start = 0
        var bytes = 0
        for (index, size) in sizes.enumerated() {
            let (sum, overflow) = bytes.addingReportingOverflow(size)
            if index > start, overflow || sum > limit {
                ranges.append(start..<index)
                start = index
                bytes = size
            } else {
                bytes = sum
            }
        }
        ranges.append(start..<sizes.count)
        return ranges
    }
}
