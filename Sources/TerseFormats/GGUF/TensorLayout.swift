import TerseTensor

/// Where the tensors of a GGUF file lie: checks that each is aligned, inside the file and apart from the others.
struct TensorLayout {
    let entries: [TensorEntry]
    /// Where the header ends; the data section starts at the next multiple of `alignment`.
    let headerEnd: Int
    let alignment: Int
    let i2sOrder: I2SOrder

    /// The tensors as views of `file`.
    func map(_ file: MappedFile) throws(FormatError) -> [NamedTensor] {
        guard !entries.isEmpty else { return [] }
        let dataStart = (headerEnd + alignment - 1) / alignment * alignment
        let available = file.count - dataStart
        for entry in entries { try check(entry, available: available, dataStart: dataStart, file: file.path) }
        try checkOverlaps(file: file.path)
        var tensors: [NamedTensor] = []
        tensors.reserveCapacity(entries.count)
        for entry in entries {
            let start = dataStart + entry.offset
            let bytes = file.bytes(start..<start + entry.byteCount)
            tensors.append(NamedTensor(name: entry.name, tensor: try tensor(entry, bytes, file: file.path)))
        }
        return tensors
    }

    private func check(_ entry: TensorEntry, available: Int, dataStart: Int, file: String) throws(FormatError) {
        guard entry.offset % alignment == 0 else {
            throw FormatError(
                .invalid,
                "\(file): tensor \(entry.name): offset \(entry.offset) is no multiple of the alignment \(alignment)")
        }
        guard available >= 0, entry.offset <= available, entry.byteCount <= available - entry.offset else {
            throw FormatError(
                .truncated,
                "\(file): tensor \(entry.name) needs \(entry.byteCount) bytes at offset \(entry.offset) of the data, which "
                    + "starts at \(dataStart) and has \(max(available, 0)) bytes; the file is truncated or its header is wrong"
            )
        }
    }

    private func checkOverlaps(file: String) throws(FormatError) {
        let ordered = entries.sorted { $0.offset < $1.offset }
        for (first, second) in zip(ordered, ordered.dropFirst()) {
            guard first.offset + first.byteCount <= second.offset else {  // both ends lie within the file
                throw FormatError(
                    .invalid,
                    "\(file): tensors \(first.name) (bytes \(first.offset) to \(first.offset + first.byteCount)) and "
                        + "\(second.name) (from \(second.offset)) overlap")
            }
        }
    }

    private func tensor(_ entry: TensorEntry, _ bytes: TensorBytes, file: String) throws(FormatError) -> Tensor {
        do {
            guard entry.type == .i2S else {
                return try Tensor(type: entry.type, shape: entry.shape, bytes: bytes)
            }
            return try I2SLayout.tensor(shape: entry.shape, bytes: bytes, order: i2sOrder)
        } catch {
            throw FormatError(.invalid, "\(file): tensor \(entry.name): \(error.message)")
        }
    }
}
