import CTerseKernels
import Foundation
import Synchronization

/// The body of the region under way, on the stack of the caller of `ThreadTeam.run`.
struct TeamRegion {
    let body: (_ chunk: Int, _ thread: Int) -> Void
}

/// An atomic on a cache line of its own.
private struct LineAtomic<Value: AtomicRepresentable>: ~Copyable {
    let atomic: Atomic<Value>
    private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0)

    init(_ value: consuming Value) { atomic = Atomic(value) }
}

/// A region's number, and how many chunks: of all of it, or not yet claimed of a range.
private struct NumberedCount {
    let word: UInt64

    init(word: UInt64) { self.word = word }

    init(number: UInt32, count: Int) { word = UInt64(number) << 32 | UInt64(UInt32(count)) }

    var number: UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
    var count: Int { Int(UInt32(truncatingIfNeeded: word)) }
}

/// What a team's caller and workers share.
///
/// A region's chunks are cut into ranges, one for each thread, which claims them from its own range first, neighbours one
/// after the other, and then from those of others. Every range's word has the region's number beside the chunks not yet
/// claimed, so one compare-and-exchange claims a chunk of that very region: a worker that was away for a while can never
/// take part in a region with the fields of another.
final class TeamState: @unchecked Sendable {  // All mutable state is atomic; waiting is guarded by `mutex`.
    /// The newest region, whose ranges are ready.
    private let opening = LineAtomic<UInt64>(0)
    private let ranges: UnsafeMutablePointer<LineAtomic<UInt64>>
    private let rangeCount: Int
    /// Chunks of the region whose calls have not returned.
    private let pending = LineAtomic<Int>(0)
    private let region = LineAtomic<UInt>(0)
    private let isBusy = Atomic<Bool>(false)
    private let isShutDown = Atomic<Bool>(false)
    private let parkedWorkers = Atomic<Int>(0)
    private let isCallerParked = Atomic<Bool>(false)

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let work: UnsafeMutablePointer<pthread_cond_t>
    private let completion: UnsafeMutablePointer<pthread_cond_t>

    /// How long to spin before parking: longer than the pause between two regions of a forward pass, shorter than what
    /// anyone else on the machine would notice.
    private static let spinNanoseconds: UInt64 = 40_000
    /// Looks at the shared word between two looks at the clock.
    private static let spinsPerClockReading = 32

    /// - Parameter threads: the most that take part.
    init(threads: Int) {
        rangeCount = threads
        ranges = UnsafeMutableRawPointer.allocate(
            byteCount: threads * MemoryLayout<LineAtomic<UInt64>>.stride,
            alignment: MemoryLayout<LineAtomic<UInt64>>.stride
        ).bindMemory(to: LineAtomic<UInt64>.self, capacity: threads)
        for range in 0..<threads { (ranges + range).initialize(to: LineAtomic(0)) }
        mutex = .allocate(capacity: 1)
        work = .allocate(capacity: 1)
        completion = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(work, nil)
        pthread_cond_init(completion, nil)
    }

    deinit {
        pthread_cond_destroy(work)
        pthread_cond_destroy(completion)
        pthread_mutex_destroy(mutex)
        ranges.deinitialize(count: rangeCount)
        ranges.deallocate()
        mutex.deallocate()
        work.deallocate()
        completion.deallocate()
    }

    // MARK: The caller's side

    func enter() {
        let wasBusy = isBusy.exchange(true, ordering: .acquiring)
        precondition(!wasBusy, "ThreadTeam.run called from a body, or from two threads at once")
    }

    func leave() { isBusy.store(false, ordering: .releasing) }

    /// Opens a region of at least one chunk, takes part in it and waits for its end.
    func share(_ newRegion: UnsafePointer<TeamRegion>, chunks count: Int) {
        region.atomic.store(UInt(bitPattern: newRegion), ordering: .relaxed)
        pending.atomic.store(count, ordering: .relaxed)
        let last = NumberedCount(word: opening.atomic.load(ordering: .relaxed))
        let new = NumberedCount(number: last.number &+ 1, count: count)
        for owner in 0..<rangeCount {
            let range = NumberedCount(number: new.number, count: chunks(of: owner, in: new).count)
            ranges[owner].atomic.store(range.word, ordering: .relaxed)
        }
        opening.atomic.store(new.word, ordering: .sequentiallyConsistent)
        // Sequential consistency on both sides: either this load sees the worker parked, or the worker sees the region.
        let parked = parkedWorkers.load(ordering: .sequentiallyConsistent)
        if parked > 0 { wake(min(parked, count - 1)) }
        takePart(in: new, thread: 0)
        awaitCompletion()
    }

    private func wake(_ workers: Int) {
        pthread_mutex_lock(mutex)
        for _ in 0..<workers { pthread_cond_signal(work) }
        pthread_mutex_unlock(mutex)
    }

    private func awaitCompletion() {
        if spin(until: { pending.atomic.load(ordering: .acquiring) == 0 }) { return }
        pthread_mutex_lock(mutex)
        isCallerParked.store(true, ordering: .sequentiallyConsistent)
        while pending.atomic.load(ordering: .sequentiallyConsistent) != 0 { pthread_cond_wait(completion, mutex) }
        isCallerParked.store(false, ordering: .relaxed)
        pthread_mutex_unlock(mutex)
    }

    func shutDown() {
        isShutDown.store(true, ordering: .sequentiallyConsistent)
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(work)
        pthread_mutex_unlock(mutex)
    }

    // MARK: The workers' side

    /// The life of a worker thread.
    func serve(thread: Int) {
        var last: UInt64 = 0  // The word of the newest region taken part in.
        while !isShutDown.load(ordering: .relaxed) {
            var newest = last
            let isOpen = spin {
                newest = opening.atomic.load(ordering: .acquiring)
                return newest != last || isShutDown.load(ordering: .relaxed)
            }
            if isOpen {
                takePart(in: NumberedCount(word: newest), thread: thread)
                last = newest
            } else {
                park(until: last)
            }
        }
    }

    /// Sleeps while `last` is the newest region.
    private func park(until last: UInt64) {
        pthread_mutex_lock(mutex)
        parkedWorkers.add(1, ordering: .sequentiallyConsistent)
        while opening.atomic.load(ordering: .sequentiallyConsistent) == last
            && !isShutDown.load(ordering: .sequentiallyConsistent)
        {
            pthread_cond_wait(work, mutex)
        }
        parkedWorkers.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }

    // MARK: Both

    /// Claims chunks of a region and runs them until none is left.
    private func takePart(in newest: NumberedCount, thread: Int) {
        var finished = 0
        for step in 0..<rangeCount {
            let owner = (thread + step) % rangeCount
            let chunks = chunks(of: owner, in: newest)
            while let left = claim(from: owner, number: newest.number) {
                // The region is not over before this chunk is, so this is its body.
                let body = UnsafePointer<TeamRegion>(bitPattern: region.atomic.load(ordering: .relaxed))!
                body.pointee.body(chunks.upperBound - left, thread)
                finished += 1
            }
        }
        guard finished > 0 else { return }
        let (_, left) = pending.atomic.subtract(finished, ordering: .sequentiallyConsistent)
        guard left == 0, thread != 0, isCallerParked.load(ordering: .sequentiallyConsistent) else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_signal(completion)
        pthread_mutex_unlock(mutex)
    }

    /// Those of a region that a thread claims first.
    private func chunks(of owner: Int, in region: NumberedCount) -> Range<Int> {
        region.count * owner / rangeCount..<region.count * (owner + 1) / rangeCount
    }

    /// Claims the next chunk of a range.
    /// - Returns: how many there were, that one included; nil when there is none or the region is over.
    private func claim(from owner: Int, number: UInt32) -> Int? {
        var word = ranges[owner].atomic.load(ordering: .acquiring)
        while true {
            let range = NumberedCount(word: word)
            guard range.number == number, range.count > 0 else { return nil }
            let (claimed, current) = ranges[owner].atomic.compareExchange(
                expected: word, desired: word - 1, successOrdering: .acquiringAndReleasing, failureOrdering: .acquiring)
            if claimed { return range.count }
            word = current
        }
    }

    /// Whether `condition` held within the time that spinning is worth.
    @inline(__always)
    private func spin(until condition: () -> Bool) -> Bool {
        if condition() { return true }
        let start = now()
        repeat {
            for _ in 0..<Self.spinsPerClockReading {
                terse_pause()
                if condition() { return true }
            }
        } while now() &- start < Self.spinNanoseconds
        return false
    }

    private func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
