import CTerseKernels

/// Products of weight matrices with activations: y = scale · W · x.
///
/// Every output is computed in the one order that `terse_matmul.h` prescribes, so results are bit-identical whatever the
/// team's size, the other rows of x and the way that rows of W are dealt out.
public enum MatrixMultiply {
    /// Sets `y[t · rowStride + m]` to the product of row m of `w` and row t of `x`, times `w.scale`.
    ///
    /// - Precondition: `w` has as many columns as `x`, and `w.type` accepts the scheme that `x` was loaded in.
    public static func run(
        _ w: Tensor, _ x: Activations, into y: UnsafeMutablePointer<Float>, rowStride: Int, team: ThreadTeam
    ) {
        run(w, x, into: y, rowStride: rowStride, team: team, kernels: kernels, chunkRows: nil)
    }

    /// Two products with the same inputs in one parallel region.
    public static func run(_ first: MatrixProduct, _ second: MatrixProduct, _ x: Activations, team: ThreadTeam) {
        withUnsafeTemporaryAllocation(of: Job.self, capacity: 2) { jobs in
            var chunks = 0
            jobs.initializeElement(at: 0, to: Job(first, x, team, kernels, nil, &chunks))
            jobs.initializeElement(at: 1, to: Job(second, x, team, kernels, nil, &chunks))
            withExtendedLifetime((first, second)) { run(UnsafeBufferPointer(jobs), x, chunks: chunks, team) }
        }
    }

    /// Three products with the same inputs in one parallel region.
    public static func run(
        _ first: MatrixProduct, _ second: MatrixProduct, _ third: MatrixProduct, _ x: Activations, team: ThreadTeam
    ) {
        withUnsafeTemporaryAllocation(of: Job.self, capacity: 3) { jobs in
            var chunks = 0
            jobs.initializeElement(at: 0, to: Job(first, x, team, kernels, nil, &chunks))
            jobs.initializeElement(at: 1, to: Job(second, x, team, kernels, nil, &chunks))
            jobs.initializeElement(at: 2, to: Job(third, x, team, kernels, nil, &chunks))
            withExtendedLifetime((first, second, third)) { run(UnsafeBufferPointer(jobs), x, chunks: chunks, team) }
        }
    }

    /// With kernels of a given instruction set and a given number of rows of `w` in a chunk, for tests.
    static func run(
        _ w: Tensor, _ x: Activations, into y: UnsafeMutablePointer<Float>, rowStride: Int, team: ThreadTeam,
        kernels: UnsafePointer<terse_matmul_kernels>, chunkRows: Int?
    ) {
        withUnsafeTemporaryAllocation(of: Job.self, capacity: 1) { jobs in
            var chunks = 0
            let product = MatrixProduct(w, into: y, rowStride: rowStride)
            jobs.initializeElement(at: 0, to: Job(product, x, team, kernels, chunkRows, &chunks))
            withExtendedLifetime(product) { run(UnsafeBufferPointer(jobs), x, chunks: chunks, team) }
        }
    }

    private static func run(_ jobs: UnsafeBufferPointer<Job>, _ x: Activations, chunks: Int, _ team: ThreadTeam) {
        withUnsafePointer(to: x.view) { view in
            team.run(chunks: chunks) { chunk, _ in
                var index = jobs.count - 1
                while jobs[index].firstChunk > chunk { index -= 1 }
                jobs[index].run(chunk, view)
            }
        }
    }

    /// The kernels of the selected instruction set.
    ///
    /// Unsafe only in being a pointer: the table is constant.
    nonisolated(unsafe) static let kernels = terse_matmul_kernels_for(terse_isa_selected())!
}

extension MatrixMultiply {
    /// A product cut into chunks of rows: nothing but numbers and pointers, so threads share it for free.
    ///
    /// Whoever runs it keeps the tensor's memory alive.
    private struct Job {
        let matrix: terse_matrix
        let kernel: terse_multiply_function
        let output: UnsafeMutablePointer<Float>
        let rowStride: Int
        let chunkRows: Int
        let firstChunk: Int

        /// Takes the chunks from `chunks` on and raises it by their number.
        init(
            _ product: MatrixProduct, _ x: Activations, _ team: ThreadTeam,
            _ kernels: UnsafePointer<terse_matmul_kernels>, _ chunkRows: Int?, _ chunks: inout Int
        ) {
            let w = product.weights
            precondition(w.columns == x.columns, "weights of shape \(w.shape) with \(x.columns) columns of activations")
            precondition(w.type.accepts(x.scheme), "\(w.type.name) weights with activations in \(x.scheme)")
            precondition(x.rows == 1 || product.rowStride >= w.rows, "\(w.rows) outputs \(product.rowStride) apart")
            let rows = w.rows
            let rowBytes = w.rowBytes
            matrix = terse_matrix(
                type: terse_type(rawValue: w.type.rawValue), rows: Int64(rows), columns: Int64(w.columns),
                data: w.bytes.pointer, row_bytes: rowBytes, scale: w.scale)
            kernel = terse_matmul_kernel(kernels, w.type.rawValue)!
            output = product.output
            rowStride = product.rowStride
            self.chunkRows =
                chunkRows ?? Self.chunkRows(rows: rows, rowBytes: rowBytes, batch: x.rows, threads: team.threadCount)
            firstChunk = chunks
            chunks += (rows + self.chunkRows - 1) / self.chunkRows
        }

        func run(_ chunk: Int, _ x: UnsafePointer<terse_activations>) {
            let begin = (chunk - firstChunk) * chunkRows
            let end = min(begin + chunkRows, Int(matrix.rows))
            withUnsafePointer(to: matrix) { kernel($0, x, Int64(begin), Int64(end), output, Int64(rowStride)) }
        }

        /// Large enough to make claiming a chunk cheap, small enough that no thread waits long for another.
        private static func chunkRows(rows: Int, rowBytes: Int, batch: Int, threads: Int) -> Int {
            let panel = Int(TERSE_MATMUL_PANEL)
            guard batch == 1 else { return rows >= 4 * panel * threads ? panel : rowMultiple }
            let wanted = min(max(vectorChunkBytes / max(rowBytes, 1), 1), 16 * panel)
            return (wanted + rowMultiple - 1) / rowMultiple * rowMultiple
        }

        /// Rows that kernels take together.
        private static let rowMultiple = 16
        /// Bytes of weights in a chunk with one row of activations: some microseconds of memory traffic.
        private static let vectorChunkBytes = 1 << 16
    }
}
