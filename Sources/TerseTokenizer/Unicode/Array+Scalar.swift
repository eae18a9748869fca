extension [UInt8] {
    /// Appends `scalar` as UTF-8.
    @inline(__always)
    mutating func append(scalar: Unicode.Scalar) {
        if scalar.isASCII {
            append(UInt8(scalar.value))
        } else {
            append(contentsOf: UTF8.encode(scalar)!)  // Every scalar has an encoding.
        }
    }
}
