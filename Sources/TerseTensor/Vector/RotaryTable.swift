import CTerseKernels
import Foundation

/// Which elements of a head form the pairs that rotary position embedding turns.
public enum RotaryLayout: Sendable {
    /// Elements 2i and 2i + 1: llama's order in GGUF files.
    case adjacent
    /// Elements i and i + n/2 of the n rotated ones: NeoX's order, which qwen2, qwen3 and bitnet use.
    case halves
}

/// Rotary position embedding (Su et al., RoFormer, 2021) for the rows of one forward pass.
///
/// The angles of the pass's rows are computed once, in double precision, and shared by all layers and heads.
public final class RotaryTable {
    /// Pairs turned in each head; elements past 2 · pairs stay as they are.
    public let pairs: Int
    public let maxRows: Int
    /// Rows that `prepare` was last called for.
    public private(set) var rows = 0

    private let inverseFrequencies: [Double]
    private let attentionFactor: Double
    private let cosines: AlignedBuffer<Float>
    private let sines: AlignedBuffer<Float>

    /// - Parameters:
    ///   - inverseFrequencies: the angle of each pair per position, all scaling (linear, llama-3, YaRN) included.
    ///   - attentionFactor: a factor on sines and cosines (YaRN's magnitude scaling).
    ///   - maxRows: the most rows that a forward pass has.
    /// - Throws: `TensorError` when there is no memory for so many rows.
    public init(inverseFrequencies: [Double], attentionFactor: Double = 1, maxRows: Int) throws(TensorError) {
        self.inverseFrequencies = inverseFrequencies
        self.attentionFactor = attentionFactor
        self.maxRows = maxRows
        pairs = inverseFrequencies.count
        cosines = try AlignedBuffer(rows: maxRows, columns: pairs)
        sines = try AlignedBuffer(rows: maxRows, columns: pairs)
    }

    /// Bytes that a table of these sizes reserves.
    public static func byteCount(pairs: Int, maxRows: Int) -> Int { 2 * maxRows * pairs * MemoryLayout<Float>.stride }

    /// Bytes reserved.
    public var byteCount: Int { cosines.byteCount + sines.byteCount }

    /// Computes the angles of the rows of `batch`.
    public func prepare(_ batch: KVBatch) {
        precondition(batch.rows <= maxRows, "\(batch.rows) rows in a table for \(maxRows)")
        rows = batch.rows
        for row in 0..<rows { fill(row, position: batch.position(of: row)) }
    }

    private func fill(_ row: Int, position: Int) {
        for pair in 0..<pairs {
            let angle = Double(position) * inverseFrequencies[pair]
            cosines.pointer[row * pairs + pair] = Float(cos(angle) * attentionFactor)
            sines.pointer[row * pairs + pair] = Float(sin(angle) * attentionFactor)
        }
    }

    /// Turns the heads of every prepared row.
    /// - Parameter x: [rows, heads, headDimension], rows `rowStride` apart.
    public func rotate(
        _ x: UnsafeMutablePointer<Float>, rowStride: Int, heads: Int, headDimension: Int, layout: RotaryLayout,
        team: ThreadTeam? = nil
    ) {
        precondition(2 * pairs <= headDimension, "\(pairs) pairs in a head of \(headDimension)")
        let kernel =
            layout == .adjacent ? VectorMath.kernels.rotate_adjacent! : VectorMath.kernels.rotate_halves!
        VectorMath.forRows(rows, columns: heads * headDimension, team) { row in
            for head in 0..<heads {
                kernel(
                    x + row * rowStride + head * headDimension, cosines.pointer + row * pairs,
                    sines.pointer + row * pairs, pairs)
            }
        }
    }
}
