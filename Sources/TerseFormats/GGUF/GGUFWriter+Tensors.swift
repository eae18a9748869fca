import TerseTensor

extension GGUFWriter {
    /// Writes `tensors`, which are in memory or mapped, as a GGUF file at `path`.
    ///
    /// A scale other than 1 that the type has no room for goes into a float32 tensor beside the weight, `X.scale`
    /// beside `X.weight`, where llama.cpp and `ModelFile` look for it.
    /// - Returns: the paths of the files.
    @discardableResult
    public static func write(
        _ tensors: [NamedTensor], metadata: Metadata, to path: String, shardBytesMax: Int? = nil
    ) throws(FormatError) -> [String] {
        var entries: [Entry] = []
        for named in tensors {
            entries.append(Entry(name: named.name, type: named.tensor.type, shape: named.tensor.shape))
            if let scale = try scaleName(of: named.name, named.tensor) {
                entries.append(Entry(name: scale, type: .f32, shape: [1]))
            }
        }
        let writer = try GGUFWriter(path: path, metadata: metadata, tensors: entries, shardBytesMax: shardBytesMax)
        for named in tensors {
            let tensor = named.tensor
            let count = try Entry(name: named.name, type: tensor.type, shape: tensor.shape).byteCount()
            if tensor.type == .i2S {
                try writer.write(
                    UnsafeRawBufferPointer(rebasing: tensor.bytes.buffer[..<(count - I2SLayout.trailerBytes)]))
                try writer.writeI2STrailer(tensor.scale)
            } else {
                try writer.write(UnsafeRawBufferPointer(rebasing: tensor.bytes.buffer[..<count]))
                if try scaleName(of: named.name, tensor) != nil { try writer.writeScale(tensor.scale) }
            }
        }
        return try writer.finish()
    }

    /// Where the scale of a tensor goes that its type cannot hold, or nil when there is none to keep.
    static func scaleName(of name: String, _ tensor: Tensor) throws(FormatError) -> String? {
        guard tensor.scale != 1, tensor.type != .i2S else { return nil }
        guard name.hasSuffix(".weight") else {
            throw FormatError(
                .unsupported, "tensor \(name): a scale of \(tensor.scale), but its name does not end in .weight")
        }
        return name.dropLast("weight".count) + "scale"
    }

    /// Writes a one-element float32 tensor.
    func writeScale(_ scale: Float) throws(FormatError) {
        try write(withUnsafeBytes(of: scale.bitPattern.littleEndian) { [UInt8]($0) })
    }

    /// Writes the scale that follows the data of an I2_S tensor.
    func writeI2STrailer(_ scale: Float) throws(FormatError) {
        try writeScale(scale)
        try write([UInt8](repeating: 0, count: I2SLayout.trailerBytes - MemoryLayout<Float>.size))
    }

    private func write(_ bytes: [UInt8]) throws(FormatError) {
        let result = bytes.withUnsafeBytes { buffer in Result { () throws(FormatError) in try write(buffer) } }
        try result.get()
    }
}
