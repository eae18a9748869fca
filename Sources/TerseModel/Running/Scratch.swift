import TerseTensor

/// The memory between the layers' operations, taken once for the largest batch.
///
/// Projections into attention and into the feed-forward part are never alive together and share one region.
struct Scratch {
    /// Residual stream. [rows, hidden]
    let residual: AlignedBuffer<Float>
    /// What a norm gives, and the attended values. [rows, max(hidden, query)]
    let normed: AlignedBuffer<Float>
    /// What a part of a layer adds to the residual stream. [rows, hidden]
    let branch: AlignedBuffer<Float>
    private let shared: AlignedBuffer<Float>

    let query: UnsafeMutablePointer<Float>  // [rows, query]
    let key: UnsafeMutablePointer<Float>  // [rows, kv]
    let value: UnsafeMutablePointer<Float>  // [rows, kv]
    let gate: UnsafeMutablePointer<Float>  // [rows, feed-forward]
    let up: UnsafeMutablePointer<Float>  // [rows, feed-forward]

    init(_ configuration: ModelConfiguration, rows: Int) throws(TensorError) {
        residual = try AlignedBuffer(rows: rows, columns: configuration.hiddenSize)
        normed = try AlignedBuffer(rows: rows, columns: max(configuration.hiddenSize, configuration.querySize))
        branch = try AlignedBuffer(rows: rows, columns: configuration.hiddenSize)
        shared = try AlignedBuffer(rows: rows, columns: Self.sharedWidth(configuration))
        query = shared.pointer
        key = query + rows * configuration.querySize
        value = key + rows * configuration.kvSize
        gate = shared.pointer
        up = gate + rows * configuration.feedForwardSize
    }

    private static func sharedWidth(_ configuration: ModelConfiguration) -> Int {
        max(configuration.querySize + 2 * configuration.kvSize, 2 * configuration.feedForwardSize)
    }

    /// Bytes reserved.
    var byteCount: Int { residual.byteCount + normed.byteCount + branch.byteCount + shared.byteCount }

    /// Bytes that scratch for `rows` rows reserves.
    static func byteCount(_ configuration: ModelConfiguration, rows: Int) -> Int {
        let width =
            2 * configuration.hiddenSize + max(configuration.hiddenSize, configuration.querySize)
            + sharedWidth(configuration)
        return rows * width * MemoryLayout<Float>.stride
    }
}
