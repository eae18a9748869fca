import TerseTensor

extension GGUFWriter {
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
