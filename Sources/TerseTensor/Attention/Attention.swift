import CTerseKernels

/// Causal attention of query rows over their sequences' cached keys and values, query heads sharing KV heads in groups.
///
/// Online softmax (Milakov and Gimelshein, 2018) over tiles of 32 positions within spans of 512 that are merged in order,
/// all at absolute positions: a row's result depends on nothing but its query and the cache, bit for bit. Owns the
/// scratch memory; a call allocates nothing.
public final class Attention {
    /// Successive rows of one sequence, attended together.
    private struct Group {
        var firstRow: Int
        var rows: Int
        var spans: Int
        var blocks: UnsafePointer<UInt32>
        /// In units of states of one (row, head, span).
        var firstState: Int
    }

    public let layout: KVLayout
    public let queryHeads: Int
    private let threads: Int
    private let headsPerGroup: Int
    private let rowsPerGroup: Int
    private let threadFloats: Int
    private let scratch: AlignedBuffer<Float>
    /// States of spans computed apart, merged afterwards.
    private let states: AlignedBuffer<Float>
    private let groupMemory: AlignedBuffer<Group>
    private var groupCount = 0
    /// States that the groups' spans would take, computed apart.
    private var statesNeeded = 0

    /// Rows × heads that share each tile of keys and values once it is unpacked.
    private static let pairsPerGroup = 64
    /// Bytes that states of spans computed apart may take.
    private static let stateBytesMax = 8 << 20
    private static let spanTokens = Int(TERSE_ATTENTION_SPAN)

    /// - Parameters:
    ///   - queryHeads: a multiple of the layout's KV heads.
    ///   - maxRows: the most rows in a batch.
    ///   - maxPositions: the longest sequence.
    ///   - threads: the size of the teams that `run` is called with, at most.
    /// - Throws: `TensorError`: `badShape` when the heads do not divide, `system` when there is no memory.
    public init(layout: KVLayout, queryHeads: Int, maxRows: Int, maxPositions: Int, threads: Int) throws(TensorError) {
        let sizes = try Sizes(layout, queryHeads, maxRows: maxRows, maxPositions: maxPositions)
        self.layout = layout
        self.queryHeads = queryHeads
        self.threads = max(threads, 1)
        headsPerGroup = sizes.headsPerGroup
        rowsPerGroup = sizes.rowsPerGroup
        threadFloats = sizes.threadFloats
        scratch = try AlignedBuffer(rows: self.threads, columns: threadFloats)
        states = try AlignedBuffer(count: sizes.totalStateFloats)
        groupMemory = try AlignedBuffer(count: maxRows)
    }

    /// Bytes that attention over these sizes reserves.
    /// - Throws: `TensorError` (`badShape`) when the heads do not divide.
    public static func byteCount(
        layout: KVLayout, queryHeads: Int, maxRows: Int, maxPositions: Int, threads: Int
    ) throws(TensorError) -> Int {
        let sizes = try Sizes(layout, queryHeads, maxRows: maxRows, maxPositions: maxPositions)
        let floats = max(threads, 1) * sizes.threadFloats + sizes.totalStateFloats
        return floats * MemoryLayout<Float>.stride + maxRows * MemoryLayout<Group>.stride
    }

    /// Bytes reserved.
    public var byteCount: Int { scratch.byteCount + states.byteCount + groupMemory.byteCount }

    /// What the memory is divided into.
    private struct Sizes {
        let headsPerGroup: Int
        let rowsPerGroup: Int
        /// Scratch of each thread.
        let threadFloats: Int
        /// Of the states of all spans.
        let totalStateFloats: Int

        init(_ layout: KVLayout, _ queryHeads: Int, maxRows: Int, maxPositions: Int) throws(TensorError) {
            guard queryHeads > 0, queryHeads % layout.kvHeads == 0 else {
                throw TensorError(.badShape, "\(queryHeads) query heads are no multiple of \(layout.kvHeads) KV heads")
            }
            headsPerGroup = queryHeads / layout.kvHeads
            rowsPerGroup = max(1, Attention.pairsPerGroup / headsPerGroup)
            threadFloats = terse_attention_scratch_floats(rowsPerGroup * headsPerGroup, layout.headDimension)
            let spans = maxPositions.pieces(of: Attention.spanTokens)
            let rowFloats = queryHeads * Attention.stateFloats(layout)
            let (wanted, overflow) = (maxRows * rowFloats).multipliedReportingOverflow(by: spans)
            let most = Attention.stateBytesMax / MemoryLayout<Float>.stride
            totalStateFloats = spans < 2 ? 0 : overflow ? most : min(wanted, most)
        }
    }

    /// Computes `softmax(scale · q·k) · v` over positions up to each row's own; the rows' own keys and values must have
    /// been written.
    /// - Parameters:
    ///   - queries: [rows, queryHeads, headDimension], rows `queryRowStride` apart, rotated already.
    ///   - outputs: [rows, queryHeads, headDimension], rows `outputRowStride` apart.
    public func run(
        queries: UnsafePointer<Float>, queryRowStride: Int, batch: KVBatch, store: KVStore, layer: Int, scale: Float,
        into outputs: UnsafeMutablePointer<Float>, outputRowStride: Int, team: ThreadTeam
    ) {
        precondition(team.threadCount <= threads, "a team of \(team.threadCount) with scratch for \(threads)")
        precondition(store.layout == layout, "a store of another layout")
        formGroups(batch)
        var task = terse_attention_task()
        task.query_row_stride = queryRowStride
        task.heads = UInt32(headsPerGroup)
        task.pool = UnsafePointer(store.layerPointer(layer))
        task.block_stride = layout.blockBytes
        task.scale = scale
        let pass = Pass(
            task: task, queries: queries, batch: batch, outputs: outputs, outputRowStride: outputRowStride)
        if splits(team) {
            runBySpans(pass, team)
        } else {
            // Head by head, so that a thread's range is of all lengths. Later groups see more positions: the longest first.
            team.run(chunks: groups.count * layout.kvHeads) { chunk, thread in
                let (head, index) = chunk.quotientAndRemainder(dividingBy: groups.count)
                let group = groups[groups.count - 1 - index]
                attend(pass, group, kvHead: head, spans: 0..<group.spans, state: nil, thread)
            }
        }
    }

    /// What all tasks of one call share.
    private struct Pass {
        var task: terse_attention_task
        var queries: UnsafePointer<Float>
        var batch: KVBatch
        var outputs: UnsafeMutablePointer<Float>
        var outputRowStride: Int
    }

    /// Those of the pass under way.
    private var groups: UnsafeBufferPointer<Group> {
        UnsafeBufferPointer(start: groupMemory.pointer, count: groupCount)
    }

    /// Cuts the batch's runs into groups that end at multiples of the group size, so that few tiles are half visible.
    private func formGroups(_ batch: KVBatch) {
        groupCount = 0
        var firstState = 0
        for run in batch.runs {
            var row = 0
            while row < run.rows {
                let position = run.firstPosition + row
                let rows = min(rowsPerGroup - position % rowsPerGroup, run.rows - row)
                let spans = (position + rows).pieces(of: Self.spanTokens)
                groupMemory[groupCount] = Group(
                    firstRow: run.firstRow + row, rows: rows, spans: spans, blocks: run.blocks, firstState: firstState)
                groupCount += 1
                firstState += rows * queryHeads * spans
                row += rows
            }
        }
        statesNeeded = firstState
    }

    /// Whether there are too few groups to keep the team busy and their spans should be computed apart.
    private func splits(_ team: ThreadTeam) -> Bool {
        groups.count * layout.kvHeads < 4 * team.threadCount && team.threadCount > 1
            && groups.contains { $0.spans > 1 } && statesNeeded * stateFloats <= states.count
    }

    /// Of one row, head and span: a maximum, a sum, and weighted values.
    private static func stateFloats(_ layout: KVLayout) -> Int { layout.headDimension + 2 }
    private var stateFloats: Int { Self.stateFloats(layout) }

    private func runBySpans(_ pass: Pass, _ team: ThreadTeam) {
        let spansMost = groups.reduce(0) { max($0, $1.spans) }
        team.run(chunks: groups.count * layout.kvHeads * spansMost) { chunk, thread in
            let group = groups[chunk / (layout.kvHeads * spansMost)]
            let span = chunk / layout.kvHeads % spansMost
            guard span < group.spans else { return }
            attend(pass, group, kvHead: chunk % layout.kvHeads, spans: span..<span + 1, state: span, thread)
        }
        for group in groups {
            team.run(chunks: group.rows) { row, _ in merge(pass, group, row) }
        }
    }

    private func attend(
        _ pass: Pass, _ group: Group, kvHead: Int, spans: Range<Int>, state span: Int?, _ thread: Int
    ) {
        var task = pass.task
        let firstHead = kvHead * headsPerGroup * layout.headDimension
        task.queries = pass.queries + group.firstRow * pass.task.query_row_stride + firstHead
        task.rows = UInt32(group.rows)
        task.limits = UnsafePointer(pass.batch.limits.pointer + group.firstRow)
        task.blocks = group.blocks
        task.head = layout.kernelHead(kvHead)
        task.first_span = UInt32(spans.lowerBound)
        task.last_span = UInt32(spans.upperBound)
        if let span {
            let first = group.firstState + span * group.rows * queryHeads + kvHead * headsPerGroup
            task.states = states.pointer + first * stateFloats
            task.state_row_stride = queryHeads * stateFloats
        } else {
            task.outputs = pass.outputs + group.firstRow * pass.outputRowStride + firstHead
            task.output_row_stride = pass.outputRowStride
        }
        VectorMath.kernels.attend(&task, scratch.pointer + thread * threadFloats)
    }

    /// Merges the spans of one row in order and writes its result.
    private func merge(_ pass: Pass, _ group: Group, _ row: Int) {
        let dimension = UInt32(layout.headDimension)
        for head in 0..<queryHeads {
            let state = states.pointer + (group.firstState + row * queryHeads + head) * stateFloats
            VectorMath.kernels.merge_spans(
                state, group.rows * queryHeads * stateFloats, UInt32(group.spans), dimension,
                pass.outputs + (group.firstRow + row) * pass.outputRowStride + head * layout.headDimension)
        }
    }
}
