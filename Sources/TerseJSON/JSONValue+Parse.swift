extension JSONValue {
    /// Parses one JSON text: UTF-8 without a byte order mark, one value, nothing after it but white space.
    ///
    /// Time is linear in the bytes; the stack is bounded by `limits.maximumDepth`.
    /// - Throws: `JSONError` with line and column, what was expected and what was found.
    public static func parse(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard) throws(JSONError)
        -> JSONValue
    {
        guard bytes.count <= limits.maximumBytes else {
            throw JSONError(
                .limitExceeded, "the text has \(bytes.count) bytes, more than the limit of \(limits.maximumBytes)",
                line: 1, column: 1)
        }
        var parser = JSONParser(bytes: bytes, limits: limits)
        return try parser.parseText()
    }

    /// As `parse(_:limits:)` of raw memory.
    public static func parse(_ bytes: some Collection<UInt8>, limits: JSONLimits = .standard) throws(JSONError)
        -> JSONValue
    {
        let direct = bytes.withContiguousStorageIfAvailable { buffer in
            Result { () throws(JSONError) in try parse(UnsafeRawBufferPointer(buffer), limits: limits) }
        }
        if let direct { return try direct.get() }
        let copy = Array(bytes)
        let result = copy.withUnsafeBytes { buffer in
            Result { () throws(JSONError) in try parse(buffer, limits: limits) }
        }
        return try result.get()
    }

    /// As `parse(_:limits:)` of the text's UTF-8.
    public static func parse(_ text: String, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        try parse(text.utf8, limits: limits)
    }
}
