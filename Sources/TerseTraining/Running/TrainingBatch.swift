/// The windows of one batch and what follows each of their tokens.
struct TrainingBatch {
    /// [windows · length]
    var tokens: [Int32]
    /// [windows · length]; −1 where nothing is asked.
    var targets: [Int32]

    /// - Parameters:
    ///   - starts: Where the windows begin; windows that have no start ask for nothing.
    ///   - isScored: Whether a target of this id is asked for.
    init(
        _ stream: TokenStream, starts: some Collection<Int>, _ windows: Int, _ length: Int,
        isScored: (Int32) -> Bool = { _ in true }
    ) {
        precondition(starts.count <= windows)
        tokens = Array(repeating: 0, count: windows * length)
        targets = Array(repeating: -1, count: windows * length)
        var window = [Int32](repeating: 0, count: length + 1)
        for (index, start) in starts.enumerated() {
            window.withUnsafeMutableBufferPointer { stream.copy(start..<start + length + 1, to: $0.baseAddress!) }
            for offset in 0..<length {
                tokens[index * length + offset] = window[offset]
                let target = window[offset + 1]
                if isScored(target) { targets[index * length + offset] = target }
            }
        }
    }
}
