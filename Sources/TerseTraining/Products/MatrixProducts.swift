import TerseTensor

/// Products of row-major matrices, float32 or float64, shared among a thread team.
///
/// The result is cut into tiles by its shape alone, and each tile is one call of OpenBLAS on one thread: so results are
/// the same bit for bit for any number of threads on one kind of processor. Those of float32 may be computed in bfloat16.
struct MatrixProducts<Scalar: TrainingScalar> {
    typealias Input = UnsafePointer<Scalar>
    typealias Output = UnsafeMutablePointer<Scalar>

    private let blas: BLAS
    private let bfloat16: BFloat16Products?
    private let team: ThreadTeam

    /// - Parameters:
    ///   - precision: of what is multiplied; float64 is never rounded.
    ///   - rightFactors: sizes that no right factor exceeds; float32 products need no room.
    /// - Throws: `TrainingError` (`system`).
    init(
        team: ThreadTeam, precision: ProductPrecision = .float32, rightFactors: [(k: Int, n: Int)] = []
    ) throws(TrainingError) {
        blas = try BLAS.shared()
        self.team = team
        guard precision == .bfloat16, Scalar.self == Float.self else {
            bfloat16 = nil
            return
        }
        do { bfloat16 = try BFloat16Products(rightFactors: rightFactors, team: team) } catch {
            throw TrainingError(.system, error.message)
        }
    }

    /// Bytes of scratch.
    var byteCount: Int { bfloat16?.byteCount ?? 0 }

    /// `c (+)= a · bᵀ`: a [m, k], b [n, k], c [m, n].
    func timesTransposed(
        _ a: Input, _ b: Input, m: Int, n: Int, k: Int, alpha: Scalar = 1, into c: Output, adding: Bool = false
    ) {
        run(Product(m: m, n: n, k: k, transposesB: true, alpha: alpha, adding: adding), a, b, c)
    }

    /// `c (+)= a · b`: a [m, k], b [k, n], c [m, n].
    func times(
        _ a: Input, _ b: Input, m: Int, n: Int, k: Int, alpha: Scalar = 1, into c: Output, adding: Bool = false
    ) {
        run(Product(m: m, n: n, k: k, alpha: alpha, adding: adding), a, b, c)
    }

    /// `c (+)= aᵀ · b`: a [k, m], b [k, n], c [m, n].
    func transposedTimes(
        _ a: Input, _ b: Input, m: Int, n: Int, k: Int, alpha: Scalar = 1, into c: Output, adding: Bool = false
    ) {
        run(Product(m: m, n: n, k: k, transposesA: true, alpha: alpha, adding: adding), a, b, c)
    }

    /// `c = alpha · a · aᵀ`: a [m, k], c [m, m]; with `transposing` `alpha · aᵀ · a`: a [k, m]. Computes what lies on and
    /// below the diagonal, in whole tiles, and copies it above.
    func gram(_ a: Input, m: Int, k: Int, transposing: Bool = false, alpha: Scalar = 1, into c: Output) {
        let product = Product(
            m: m, n: m, k: k, transposesA: transposing, transposesB: !transposing, alpha: alpha)
        if let bfloat16 {
            run(product, on: bfloat16, a, a, c, lowerOnly: true)
            mirror(c, m: m)
            return
        }
        let length = Tiling.length(of: m)
        let chunks = m.pieces(of: length)
        // The longest rows first, so that threads end together.
        team.run(chunks: chunks) { chunk, _ in
            let start = (chunks - 1 - chunk) * length
            var tile = product
            tile.m = min(length, m - start)
            tile.n = start + tile.m
            call(tile, product, a + (transposing ? start : start * k), a, c + start * m)
        }
        mirror(c, m: m)
    }

    /// Copies what lies below the diagonal of a square above it, square by square, so that lines of memory are shared.
    private func mirror(_ c: Output, m: Int) {
        let side = 16
        let blocks = m.pieces(of: side)
        team.run(chunks: blocks) { block, _ in
            for other in block..<blocks {
                for row in block * side..<min((block + 1) * side, m) {
                    for column in max(other * side, row + 1)..<max(min((other + 1) * side, m), row + 1) {
                        c[row * m + column] = c[column * m + row]
                    }
                }
            }
        }
    }

    private func run(
        _ product: Product<Scalar>, on bfloat16: BFloat16Products, _ a: Input, _ b: Input, _ c: Output,
        lowerOnly: Bool = false
    ) {
        bfloat16.multiply(
            .init(
                Self.as(a), stride: product.transposesA ? product.m : product.k, isTransposed: product.transposesA),
            .init(
                Self.as(b), stride: product.transposesB ? product.k : product.n, isTransposed: product.transposesB),
            m: product.m, n: product.n, k: product.k, alpha: Float(product.alpha), into: Self.as(c),
            adding: product.adding, lowerOnly: lowerOnly)
    }

    /// The longer side of the result is cut; the sides of what is multiplied stay whole, so that packing them pays.
    private func run(_ product: Product<Scalar>, _ a: Input, _ b: Input, _ c: Output) {
        if let bfloat16 { return run(product, on: bfloat16, a, b, c) }
        let cutsRows = product.m >= product.n
        let length = Tiling.length(of: max(product.m, product.n))
        team.run(chunks: max(product.m, product.n).pieces(of: length)) { chunk, _ in
            let start = chunk * length
            var tile = product
            if cutsRows {
                tile.m = min(length, product.m - start)
                let rows = product.transposesA ? start : start * product.k
                call(tile, product, a + rows, b, c + start * product.n)
            } else {
                tile.n = min(length, product.n - start)
                let columns = product.transposesB ? start * product.k : start
                call(tile, product, a, b + columns, c + start)
            }
        }
    }

    /// One tile of `whole`, whose sides give the distances from row to row.
    private func call(_ tile: Product<Scalar>, _ whole: Product<Scalar>, _ a: Input, _ b: Input, _ c: Output) {
        let (rowMajor, plain, transposed): (CInt, CInt, CInt) = (101, 111, 112)
        let (transA, transB) = (tile.transposesA ? transposed : plain, tile.transposesB ? transposed : plain)
        let (lda, ldb) = (CInt(whole.transposesA ? whole.m : whole.k), CInt(whole.transposesB ? whole.k : whole.n))
        let (m, n, k, ldc) = (CInt(tile.m), CInt(tile.n), CInt(tile.k), CInt(whole.n))
        if Scalar.self == Float.self {
            blas.singleProduct(
                rowMajor, transA, transB, m, n, k, Float(tile.alpha), Self.as(a), lda, Self.as(b), ldb,
                tile.adding ? 1 : 0, Self.as(c), ldc)
        } else {
            blas.doubleProduct(
                rowMajor, transA, transB, m, n, k, Double(tile.alpha), Self.as(a), lda, Self.as(b), ldb,
                tile.adding ? 1 : 0, Self.as(c), ldc)
        }
    }

    /// `Scalar` is Float or Double, as the caller has made sure.
    private static func `as`<Element>(_ pointer: Input) -> UnsafePointer<Element> {
        UnsafeRawPointer(pointer).assumingMemoryBound(to: Element.self)
    }

    private static func `as`<Element>(_ pointer: Output) -> UnsafeMutablePointer<Element> {
        UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Element.self)
    }
}

/// A product's sides and what becomes of its operands.
private struct Product<Scalar: TrainingScalar> {
    var m: Int
    var n: Int
    var k: Int
    var transposesA = false
    var transposesB = false
    var alpha: Scalar = 1
    var adding = false
}

/// How a side of a result is cut: into an even number of pieces, large enough that packing their operands costs little.
enum Tiling {
    private static let longest = 512
    private static let pieceMultiple = 16
    private static let piecesMin = 4

    static func length(of side: Int) -> Int {
        let pieces = max(piecesMin, (side.pieces(of: longest) + 1) & ~1)
        let length = side.pieces(of: pieces)
        return length.roundedUp(to: pieceMultiple)
    }
}
