import CTerseKernels
import Foundation

/// How fast a thread team reads memory that no cache holds: the limit of generating tokens one at a time, since each
/// token reads every weight once.
public enum ReadBandwidth {
    /// Larger than the last-level caches of servers sold so far, per socket.
    public static let bufferBytesDefault = 1 << 30
    /// Shares of the buffer that threads claim.
    private static let chunkBytes = 1 << 21

    /// The best of `rounds` readings of a buffer, in bytes a second. Takes about a second at the default size.
    ///
    /// - Parameters:
    ///   - bufferBytes: memory to read, rounded up to whole chunks of 2 MiB; allocated and released here.
    ///   - rounds: readings after a first one that is not counted.
    /// - Throws: `TensorError` (`system`) when the buffer cannot be had.
    public static func measure(
        team: ThreadTeam, bufferBytes: Int = bufferBytesDefault, rounds: Int = 5
    ) throws(TensorError) -> Double {
        try measure(team: team, bufferBytes: bufferBytes, rounds: rounds, clock: ContinuousClock())
    }

    static func measure(
        team: ThreadTeam, bufferBytes: Int, rounds: Int, clock: some Clock<Duration>
    ) throws(TensorError) -> Double {
        precondition(bufferBytes > 0 && rounds > 0)
        let chunks = bufferBytes.pieces(of: chunkBytes)
        let buffer = try AlignedBuffer<UInt8>(count: chunks * chunkBytes, hugePages: true)
        let memory = UnsafeMutableRawPointer(buffer.pointer)
        // Written first: untouched pages would all be the one page of zeros.
        team.run(chunks: chunks) { chunk, _ in
            memset(memory + chunk * chunkBytes, Int32(truncatingIfNeeded: chunk), chunkBytes)
        }
        let parities = try AlignedBuffer<UInt64>(count: chunks)
        var best = Duration.seconds(Int64.max / 2)
        for round in 0...rounds {
            let elapsed = clock.measure {
                team.run(chunks: chunks) { chunk, _ in
                    parities.pointer[chunk] &+= terse_read_through(memory + chunk * chunkBytes, chunkBytes)
                }
            }
            if round > 0 { best = min(best, elapsed) }
        }
        return Double(chunks * chunkBytes) / (best / .seconds(1))
    }
}
