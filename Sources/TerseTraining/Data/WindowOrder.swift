import TerseModel

/// The order in which windows of a stream are learned from: every epoch cuts the stream at another place and shuffles
/// the windows, both by the seed. Its state is two numbers, so that a resumed run goes on where the last one was.
struct WindowOrder: Sendable, Equatable {
    /// Ids in the stream, and in a window; a window is read with the id after it.
    let streamCount: Int
    let windowCount: Int
    let seed: UInt64
    /// Epochs that are complete.
    private(set) var epoch: Int
    /// Windows of this epoch that were given out.
    private(set) var position: Int
    private var starts: [Int]

    /// - Parameter epoch: not negative.
    /// - Throws: `TrainingError`: `data` when the stream is too short for one window in every epoch, `mismatch` when
    ///   `position` is beyond an epoch.
    init(
        streamCount: Int, windowCount: Int, seed: UInt64, epoch: Int = 0, position: Int = 0
    ) throws(TrainingError) {
        guard windowCount > 0, streamCount > 2 * windowCount else {
            throw TrainingError(
                .data, "\(streamCount) tokens to learn from: expected more than two windows of \(windowCount)")
        }
        self.streamCount = streamCount
        self.windowCount = windowCount
        self.seed = seed
        self.epoch = epoch
        self.position = position
        starts = Self.starts(streamCount, windowCount, seed, epoch)
        guard (0...starts.count).contains(position) else {
            throw TrainingError(.mismatch, "window \(position) of epoch \(epoch): an epoch has \(starts.count)")
        }
    }

    /// Windows of this epoch.
    var windowsPerEpoch: Int { starts.count }

    /// Where the next window begins.
    mutating func next() -> Int {
        if position == starts.count {
            epoch += 1
            position = 0
            starts = Self.starts(streamCount, windowCount, seed, epoch)
        }
        defer { position += 1 }
        return starts[position]
    }

    private static func starts(_ streamCount: Int, _ windowCount: Int, _ seed: UInt64, _ epoch: Int) -> [Int] {
        var random = RandomSource(seed: seed, stream: UInt64(epoch))
        let first = Int(random.next() % UInt64(windowCount))
        // The last window's target is the id behind it.
        var starts = Array(stride(from: first, through: streamCount - windowCount - 1, by: windowCount))
        random.shuffle(&starts)
        return starts
    }
}
