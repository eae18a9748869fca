import CTerseKernels

/// Products of weight matrices with activations: y = scale · W · x.
///
/// Every output is computed in the one order that `terse_matmul.h` and `terse_packed.h` prescribe, however the matrix is laid out
/// (`terse_split.h`, `terse_tiled.h`), so results are bit-identical whatever the team's size, the other rows of x and the way that
/// rows of W are dealt out.
public enum MatrixMultiply {
    /// Sets `y[t · rowStride + m]` to the product of row m of `w` and row t of `x`, times `w.scale`.
    ///
    /// - Precondition: `w` has as many columns as `x`, and `w.type` accepts the scheme that `x` was loaded in.
    public static func run(
        _ w: Tensor, _ x: Activations, into y: UnsafeMutablePointer<Float>, rowStride: Int, team: ThreadTeam
    ) {
        run(MatrixProduct(.rows(w), into: y, rowStride: rowStride), x, team: team)
    }

    /// One product.
    public static func run(_ product: MatrixProduct, _ x: Activations, team: ThreadTeam) {
        run(product, x, team: team, kernels: .selected, chunkRows: nil)
    }

    /// Two products with the same inputs in one parallel region.
    public static func run(_ first: MatrixProduct, _ second: MatrixProduct, _ x: Activations, team: ThreadTeam) {
        withUnsafeTemporaryAllocation(of: Job.self, capacity: 2) { jobs in
            var chunks = 0
            jobs.initializeElement(at: 0, to: Job(first, x, team, .selected, nil, &chunks))
            jobs.initializeElement(at: 1, to: Job(second, x, team, .selected, nil, &chunks))
            withExtendedLifetime((first, second)) { run(UnsafeBufferPointer(jobs), x, chunks: chunks, team) }
        }
    }

    /// Three products with the same inputs in one parallel region.
    public static func run(
        _ first: MatrixProduct, _ second: MatrixProduct, _ third: MatrixProduct, _ x: Activations, team: ThreadTeam
    ) {
        withUnsafeTemporaryAllocation(of: Job.self, capacity: 3) { jobs in
            var chunks = 0
            jobs.initializeElement(at: 0, to: Job(first, x, team, .selected, nil, &chunks))
            jobs.initializeElement(at: 1, to: Job(second, x, team, .selected, nil, &chunks))
            jobs.initializeElement(at: 2, to: Job(third, x, team, .selected, nil, &chunks))
            withExtendedLifetime((first, second, third)) { run(UnsafeBufferPointer(jobs), x, chunks: chunks, team) }
        }
    }

    /// With kernels of a given instruction set and a given number of rows of the matrix in a chunk, for tests, or by the
    /// upper half of a split matrix alone.
    static func run(
        _ product: MatrixProduct, _ x: Activations, team: ThreadTeam, kernels: Kernels, chunkRows: Int?,
        screens: Bool = false
    ) {
        withUnsafeTemporaryAllocation(of: Job.self, capacity: 1) { jobs in
            var chunks = 0
            jobs.initializeElement(at: 0, to: Job(product, x, team, kernels, chunkRows, screens: screens, &chunks))
            withExtendedLifetime(product) { run(UnsafeBufferPointer(jobs), x, chunks: chunks, team) }
        }
    }

    private static func run(_ jobs: UnsafeBufferPointer<Job>, _ x: Activations, chunks: Int, _ team: ThreadTeam) {
        withUnsafePointer(to: x.view) { view in
            withUnsafePointer(to: x.packedView) { packedView in
                team.run(chunks: chunks) { chunk, _ in
                    var index = jobs.count - 1
                    while jobs[index].firstChunk > chunk { index -= 1 }
                    jobs[index].run(chunk, view, packedView)
                }
            }
        }
    }

    /// The kernels of an instruction set.
    struct Kernels {
        let rows: UnsafePointer<terse_matmul_kernels>
        let packed: UnsafePointer<terse_packed_kernels>
        /// Nil where the instruction set has none.
        let split: UnsafePointer<terse_split_kernels>?
        private let isa: terse_isa

        /// Nil where this build has none.
        init?(_ isa: terse_isa) {
            guard let rows = terse_matmul_kernels_for(isa), let packed = terse_packed_kernels_for(isa) else {
                return nil
            }
            (self.rows, self.packed, split, self.isa) = (rows, packed, terse_split_kernels_for(isa), isa)
        }

        /// The product with tiles of a type; nil where the instruction set has none.
        func tiled(_ type: ElementType) -> terse_multiply_function? { terse_tiled_kernel(isa, type.rawValue) }

        /// Those of the selected instruction set.
        ///
        /// Unsafe only in being pointers: the tables are constant.
        nonisolated(unsafe) static let selected = Kernels(terse_isa_selected())!
    }
}

extension MatrixMultiply {
    /// A product cut into chunks of rows: nothing but numbers and pointers, so threads share it for free.
    ///
    /// Whoever runs it keeps the matrix's memory alive.
    private struct Job {
        private enum Kernel {
            case rows(terse_matrix, terse_multiply_function)
            case packed(terse_packed_matrix, UnsafePointer<terse_packed_kernels>)
            case split(terse_split_matrix, terse_split_function)
        }

        private let kernel: Kernel
        private let rows: Int
        private let output: UnsafeMutablePointer<Float>
        private let rowStride: Int
        private let chunkRows: Int
        let firstChunk: Int

        /// Takes the chunks from `chunks` on and raises it by their number.
        init(
            _ product: MatrixProduct, _ x: Activations, _ team: ThreadTeam, _ kernels: Kernels, _ chunkRows: Int?,
            screens: Bool = false, _ chunks: inout Int
        ) {
            let w = product.weights
            precondition(w.columns == x.columns, "\(w.columns) columns of weights with \(x.columns) of activations")
            precondition(w.accepts(x.scheme), "activations in \(x.scheme) are not what the weights take")
            precondition(x.rows == 1 || product.rowStride >= w.rows, "\(w.rows) outputs \(product.rowStride) apart")
            rows = w.rows
            let rowBytes: Int
            switch w {
            case .rows(let tensor):
                kernel = .rows(terse_matrix(tensor), terse_matmul_kernel(kernels.rows, tensor.type.rawValue)!)
                rowBytes = tensor.rowBytes
            case .packed(let matrix):
                kernel = .packed(matrix.view, kernels.packed)
                rowBytes = matrix.rowBytes
            case .split(let matrix):
                let split = kernels.split!.pointee
                kernel = .split(matrix.view, screens ? split.screen : split.multiply)
                rowBytes = matrix.rowBytes
            case .tiled(let matrix):
                kernel = .rows(matrix.view, kernels.tiled(matrix.type)!)
                rowBytes = matrix.rowBytes
            }
            output = product.output
            rowStride = product.rowStride
            self.chunkRows =
                chunkRows ?? Self.chunkRows(rows: rows, rowBytes: rowBytes, batch: x.rows, threads: team.threadCount)
            firstChunk = chunks
            chunks += rows.pieces(of: self.chunkRows)
        }

        func run(
            _ chunk: Int, _ x: UnsafePointer<terse_activations>, _ packed: UnsafePointer<terse_packed_activations>
        ) {
            let begin = (chunk - firstChunk) * chunkRows
            let end = min(begin + chunkRows, rows)
            switch kernel {
            case .rows(let matrix, let multiply):
                withUnsafePointer(to: matrix) { multiply($0, x, Int64(begin), Int64(end), output, Int64(rowStride)) }
            case .split(let matrix, let multiply):
                withUnsafePointer(to: matrix) { multiply($0, x, Int64(begin), Int64(end), output, Int64(rowStride)) }
            case .packed(let matrix, let kernels):
                withUnsafePointer(to: matrix) {
                    kernels.pointee.multiply($0, packed, Int64(begin), Int64(end), output, Int64(rowStride))
                }
            }
        }

        /// Large enough to make claiming a chunk cheap, small enough that no thread waits long for another.
        private static func chunkRows(rows: Int, rowBytes: Int, batch: Int, threads: Int) -> Int {
            let panel = Int(TERSE_MATMUL_PANEL)
            guard batch == 1 else {
                // Kernels ask memory for the next panel, but nothing asks for a chunk's first.
                let panels = rows / (8 * panel * threads)
                if panels > 0 { return min(panels, panelsPerChunkMax) * panel }
                return rows >= 4 * panel * threads ? panel : rowMultiple
            }
            let wanted = min(max(vectorChunkBytes / max(rowBytes, 1), 1), 16 * panel)
            return wanted.roundedUp(to: rowMultiple)
        }

        /// With several rows of activations.
        private static let panelsPerChunkMax = 4
        /// Rows that kernels take together.
        private static let rowMultiple = 16
        /// Bytes of weights in a chunk with one row of activations: some microseconds of memory traffic.
        private static let vectorChunkBytes = 1 << 16
    }
}
