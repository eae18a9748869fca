import CTerseKernels
import Synchronization
import Testing

@testable import TerseTensor

@Suite struct ReadBandwidthTests {
    @Test func everyByteCounts() throws {
        let count = 4096
        let buffer = try AlignedBuffer<UInt8>(count: count)
        let clean = terse_read_through(buffer.pointer, count)
        #expect(clean == 0)
        for index in 0..<count {
            buffer[index] = 1 << UInt8(index % 8)
            #expect(terse_read_through(buffer.pointer, count) != clean, "byte \(index) was not read")
            buffer[index] = 0
        }
    }

    /// The first reading does not count, the quickest of the others does; sizes are rounded up to 2 MiB.
    @Test func theFigureIsBytesOfTheBestReadingPerSecond() throws {
        let clock = StepClock([0.5, 4, 2, 3])
        let measured = try ReadBandwidth.measure(
            team: ThreadTeam(threads: 2), bufferBytes: (3 << 20) + 1, rounds: 3, clock: clock)
        #expect(measured == Double(4 << 20) / 2)
        #expect(clock.isUsedUp)
    }
}

/// A clock on which each measurement takes the next of some numbers of seconds.
private final class StepClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    /// What each reading adds to the time: nothing when a measurement begins, its length when it ends.
    private let steps: Mutex<[Duration]>
    private let time = Mutex(Instant(offset: .zero))

    init(_ seconds: [Double]) { steps = Mutex(seconds.flatMap { [.zero, .seconds($0)] }) }

    var isUsedUp: Bool { steps.withLock { $0.isEmpty } }
    var minimumResolution: Duration { .zero }
    var now: Instant {
        let step = steps.withLock { $0.isEmpty ? .zero : $0.removeFirst() }
        return time.withLock { time in
            time = time.advanced(by: step)
            return time
        }
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
}
