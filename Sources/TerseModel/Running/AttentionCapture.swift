import TerseTensor

/// Takes down the queries, keys and values of one layer, head norms applied, rotation not: what a student learns of a
/// teacher's attention.
public final class AttentionCapture {
    /// Counted from 0.
    public let layer: Int
    /// [rows, query]
    public let queries: AlignedBuffer<Float>
    /// [rows, kv], as `values`.
    public let keys: AlignedBuffer<Float>
    public let values: AlignedBuffer<Float>
    /// The row that the next pass begins to write at.
    public var firstRow = 0

    private let widths: (query: Int, kv: Int)
    private let maxRows: Int

    /// Room for `rows` rows.
    /// - Throws: `ModelError`: `badRequest` for a layer that the model does not have, `outOfMemory`.
    public init(_ configuration: ModelConfiguration, layer: Int, rows: Int) throws(ModelError) {
        guard (0..<configuration.layerCount).contains(layer) else {
            throw ModelError(.badRequest, "layer: expected 0…\(configuration.layerCount - 1), found \(layer)")
        }
        self.layer = layer
        maxRows = rows
        widths = (configuration.querySize, configuration.kvSize)
        (queries, keys, values) = try ModelError.reserving("attention of \(rows) rows") { () throws(TensorError) in
            (
                try AlignedBuffer(rows: rows, columns: configuration.querySize),
                try AlignedBuffer(rows: rows, columns: configuration.kvSize),
                try AlignedBuffer(rows: rows, columns: configuration.kvSize)
            )
        }
    }

    /// Bytes reserved.
    public var byteCount: Int { queries.byteCount + keys.byteCount + values.byteCount }

    func take(_ scratch: Scratch, rows: Int) {
        precondition(firstRow >= 0 && firstRow + rows <= maxRows, "rows \(firstRow)…+\(rows) of \(maxRows)")
        (queries.pointer + firstRow * widths.query).update(from: scratch.query, count: rows * widths.query)
        (keys.pointer + firstRow * widths.kv).update(from: scratch.key, count: rows * widths.kv)
        (values.pointer + firstRow * widths.kv).update(from: scratch.value, count: rows * widths.kv)
    }
}
