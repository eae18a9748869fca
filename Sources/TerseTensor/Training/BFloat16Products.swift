import CTerseKernels

/// Products of float32 matrices whose elements are rounded to bfloat16 on the way in, with sums in float32: twice the speed
/// of float32 products where the processor is fast at products of pairs of bfloat16 numbers.
///
/// The result is cut into strips by its shape alone, so results are the same bit for bit for any number of threads on
/// one kind of processor.
public final class BFloat16Products {
    /// A factor of a product: row-major memory, and whether the factor is its transpose.
    public struct Factor {
        let pointer: UnsafePointer<Float>
        /// Elements from row to row of what lies in memory.
        let stride: Int
        let isTransposed: Bool

        public init(_ pointer: UnsafePointer<Float>, stride: Int, isTransposed: Bool = false) {
            self.pointer = pointer
            self.stride = stride
            self.isTransposed = isTransposed
        }
    }

    /// Right panels: [blocks of terms, panels of columns, pairs, columns, 2].
    private let right: AlignedBuffer<UInt16>
    /// Left panels of a strip of rows, for each thread: [panels, pairs, rows, 2].
    private let left: AlignedBuffer<UInt16>
    private let team: ThreadTeam

    private static let depth = Int(TERSE_BF16_DEPTH)
    private static let panelSide = Int(TERSE_BF16_PANEL)
    private static let panel = panelSide * depth
    /// Rows of a result that one thread computes at a time: their left panels, 96 KiB, stay in its cache.
    private static let stripRows = 6 * panelSide
    private static let leftCount = stripRows * depth

    private static let kernels = terse_bf16_kernels_for(terse_isa_selected()).pointee

    /// Room for products whose right factors [k, n] are no larger than these.
    public init(rightFactors: [(k: Int, n: Int)], team: ThreadTeam) throws(TensorError) {
        self.team = team
        right = try AlignedBuffer(count: rightFactors.map { Self.elements($0.k, $0.n) }.max() ?? 0)
        left = try AlignedBuffer(count: team.threadCount * Self.leftCount)
    }

    public var byteCount: Int { right.byteCount + left.byteCount }

    /// `c (+)= alpha · a · b`: a [m, k], b [k, n], c [m, n].
    /// - Parameter lowerOnly: computes only what lies on and below the diagonal of a square result, in whole strips; the
    ///   rest is left as it was.
    public func multiply(
        _ a: Factor, _ b: Factor, m: Int, n: Int, k: Int, alpha: Float = 1, into c: UnsafeMutablePointer<Float>,
        adding: Bool = false, lowerOnly: Bool = false
    ) {
        packRight(b, n: n, k: k)
        let (strips, perBlock) = (m.pieces(of: Self.stripRows), n.pieces(of: Self.panelSide) * Self.panel)
        // The longest rows of a triangle first, so that threads end together.
        team.run(chunks: strips) { chunk, thread in
            let start = (lowerOnly ? strips - 1 - chunk : chunk) * Self.stripRows
            let rows = min(Self.stripRows, m - start)
            let panels = left.pointer + thread * Self.leftCount
            for first in stride(from: 0, to: max(k, 1), by: Self.depth) {
                let depth = min(Self.depth, k - first)
                for row in stride(from: 0, to: rows, by: Self.panelSide) {
                    Self.pack(
                        a, line: start + row, count: min(Self.panelSide, rows - row), first: first, depth: depth,
                        isAlong: !a.isTransposed, into: panels + row * Self.depth)
                }
                var product = terse_bf16_product(
                    left: panels, right: right.pointer + first / Self.depth * perBlock,
                    left_stride: Self.panel, right_stride: Self.panel, rows: rows,
                    columns: lowerOnly ? min(n, start + rows) : n, depth: depth, alpha: alpha,
                    adding: adding || first > 0, c: c + start * n, c_stride: n)
                Self.kernels.multiply(&product)
            }
        }
    }

    /// All of `b` [k, n] as right panels.
    private func packRight(_ b: Factor, n: Int, k: Int) {
        precondition(Self.elements(k, n) <= right.count, "no room for \(k) × \(n)")
        let (blocks, panels) = (k.pieces(of: Self.depth), n.pieces(of: Self.panelSide))
        let right = right.pointer
        team.run(chunks: blocks * panels) { chunk, _ in
            let (block, panel) = chunk.quotientAndRemainder(dividingBy: panels)
            let (first, column) = (block * Self.depth, panel * Self.panelSide)
            Self.pack(
                b, line: column, count: min(Self.panelSide, n - column), first: first,
                depth: min(Self.depth, k - first), isAlong: b.isTransposed, into: right + chunk * Self.panel)
        }
    }

    /// A panel of `count` lines from `line`, of the terms from `first`.
    /// - Parameter isAlong: whether the terms of a line lie side by side.
    private static func pack(
        _ factor: Factor, line: Int, count: Int, first: Int, depth: Int, isAlong: Bool,
        into panel: UnsafeMutablePointer<UInt16>
    ) {
        if isAlong {
            kernels.pack_rows(factor.pointer + line * factor.stride + first, factor.stride, count, depth, panel)
        } else {
            kernels.pack_columns(factor.pointer + first * factor.stride + line, factor.stride, count, depth, panel)
        }
    }

    /// Of a right factor's panels.
    private static func elements(_ k: Int, _ n: Int) -> Int { k.pieces(of: depth) * n.pieces(of: panelSide) * panel }
}
