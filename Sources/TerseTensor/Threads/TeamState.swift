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

/// What a team's caller and workers share.
///
/// `claim` holds the region's number in its high half and the chunks not yet claimed in its low half, so one load tells
/// a worker that there is work and one compare-and-exchange claims a chunk of that very region: a worker that was
/// away for a while can never take part in a region with the fields of another.
final class TeamState: @unchecked Sendable {  // All mutable state is atomic; waiting is guarded by `mutex`.
    private let claim = LineAtomic<UInt64>(0)
    /// Chunks of the region whose calls have not returned.
    private let pending = LineAtomic<Int>(0)
    private let region = LineAtomic<UInt>(0)
    private let chunks = Atomic<Int>(0)
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

    init() {
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
        chunks.store(count, ordering: .relaxed)
        pending.atomic.store(count, ordering: .relaxed)
        let number = (claim.atomic.load(ordering: .relaxed) >> 32) &+ 1
        claim.atomic.store(number << 32 | UInt64(count), ordering: .sequentiallyConsistent)
        // Sequential consistency on both sides: either this load sees the worker parked, or the worker sees the claim.
        let parked = parkedWorkers.load(ordering: .sequentiallyConsistent)
        if parked > 0 { wake(min(parked, count - 1)) }
        takePart(thread: 0)
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
        while !isShutDown.load(ordering: .relaxed) {
            if spin(until: { isOpen(.acquiring) || isShutDown.load(ordering: .relaxed) }) {
                takePart(thread: thread)
            } else {
                park()
            }
        }
    }

    private func isOpen(_ ordering: AtomicLoadOrdering) -> Bool {
        let word =
            ordering == .acquiring
            ? claim.atomic.load(ordering: .acquiring) : claim.atomic.load(ordering: .sequentiallyConsistent)
        return UInt32(truncatingIfNeeded: word) != 0
    }

    private func park() {
        pthread_mutex_lock(mutex)
        parkedWorkers.add(1, ordering: .sequentiallyConsistent)
        while !isOpen(.sequentiallyConsistent) && !isShutDown.load(ordering: .sequentiallyConsistent) {
            pthread_cond_wait(work, mutex)
        }
        parkedWorkers.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }

    // MARK: Both

    /// Claims chunks and runs them until none is left.
    private func takePart(thread: Int) {
        var finished = 0
        var word = claim.atomic.load(ordering: .acquiring)
        while true {
            let left = Int(UInt32(truncatingIfNeeded: word))
            guard left > 0 else { break }
            // Possibly those of a later region; then the number in `claim` differs and the exchange fails.
            let count = chunks.load(ordering: .relaxed)
            let body = region.atomic.load(ordering: .relaxed)
            let (claimed, current) = claim.atomic.compareExchange(
                expected: word, desired: word - 1, successOrdering: .acquiringAndReleasing, failureOrdering: .acquiring)
            guard claimed else {
                word = current
                continue
            }
            UnsafePointer<TeamRegion>(bitPattern: body)!.pointee.body(count - left, thread)
            finished += 1
            word = claim.atomic.load(ordering: .acquiring)
        }
        guard finished > 0 else { return }
        let (_, left) = pending.atomic.subtract(finished, ordering: .sequentiallyConsistent)
        guard left == 0, thread != 0, isCallerParked.load(ordering: .sequentiallyConsistent) else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_signal(completion)
        pthread_mutex_unlock(mutex)
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
