import CTerseKernels

/// A pool of KV blocks.
///
/// Which sequence owns which block is the owner's business; blocks never written take no memory.
public final class KVStore {
    public let layout: KVLayout
    public let blockCount: Int
    private let memory: AlignedBuffer<UInt8>

    /// Reserves a pool of `blockCount` blocks.
    /// - Throws: `TensorError`: `badShape` when the size overflows, `system` when there is no such memory.
    public init(layout: KVLayout, blockCount: Int) throws(TensorError) {
        let (bytes, overflow) = layout.blockBytes.multipliedReportingOverflow(by: blockCount)
        guard blockCount >= 0, blockCount <= Int(UInt32.max), !overflow else {
            throw TensorError(.badShape, "a pool of \(blockCount) blocks of \(layout.blockBytes) bytes")
        }
        self.layout = layout
        self.blockCount = blockCount
        memory = try AlignedBuffer(count: bytes, hugePages: true)
    }

    /// Bytes reserved.
    public var byteCount: Int { memory.byteCount }

    /// The first byte of block 0 in `layer`; block b's follow at b · blockBytes.
    func layerPointer(_ layer: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(layer >= 0 && layer < layout.layers, "layer \(layer) of \(layout.layers)")
        return memory.pointer + layer * layout.layerBytes
    }

    /// Puts the keys and values of the batch's rows into their sequences' blocks.
    /// - Parameters:
    ///   - keys: [rows, kvHeads, headDimension], rows `rowStride` apart, rotated already.
    ///   - values: likewise.
    public func write(
        layer: Int, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, rowStride: Int, batch: KVBatch,
        team: ThreadTeam? = nil
    ) {
        let pool = layerPointer(layer)
        let dimension = layout.headDimension
        VectorMath.forRows(batch.rows, columns: 2 * layout.kvHeads * dimension, team) { row in
            let (block, token) = batch.slot(of: row)
            precondition(block < blockCount, "block \(block) of \(blockCount)")
            for index in 0..<layout.kvHeads {
                var head = layout.kernelHead(index)
                let offset = row * rowStride + index * dimension
                VectorMath.kernels.kv_store(
                    pool + block * layout.blockBytes, &head, token, keys + offset, values + offset)
            }
        }
    }
}
