import Foundation
import Synchronization
import Testing

@testable import TerseTensor

@Suite struct ThreadTeamTests {
    @Test(arguments: [1, 2, 3, 7, 16])
    func everyChunkRunsOnce(threads: Int) throws {
        let team = ThreadTeam(threads: threads)
        #expect(team.threadCount == threads)
        for chunks in [0, 1, 2, 3, 17, 1000] {
            let counts = try AlignedBuffer<Int32>(count: max(chunks, 1))
            team.run(chunks: chunks) { chunk, thread in
                precondition(thread >= 0 && thread < threads)
                counts.pointer[chunk] += 1
            }
            #expect(counts.buffer.prefix(chunks).allSatisfy { $0 == 1 })
        }
    }

    @Test func noTwoCallsShareAThreadIndex() {
        let team = ThreadTeam(threads: 5)
        let inside = (0..<5).map { _ in Flag() }
        let clashes = Flag()
        team.run(chunks: 2000) { _, thread in
            if inside[thread].value.exchange(true, ordering: .sequentiallyConsistent) {
                clashes.value.store(true, ordering: .relaxed)
            }
            inside[thread].value.store(false, ordering: .sequentiallyConsistent)
        }
        let clashed = clashes.value.load(ordering: .relaxed)
        #expect(!clashed)
    }

    /// Regions in quick succession, with pauses long enough for the workers to park now and then, and writes of one region
    /// read by others in the next.
    @Test(arguments: [2, 4])
    func manyRegionsSeeEachOthersWrites(threads: Int) throws {
        let team = ThreadTeam(threads: threads)
        let values = try AlignedBuffer<Int>(count: 64)
        for region in 1...5000 {
            let chunks = 2 + region % 63
            team.run(chunks: chunks) { chunk, _ in values.pointer[chunk] &+= chunk &* region }
            if region % 500 == 0 { usleep(300) }
        }
        var expected = [Int](repeating: 0, count: 64)
        for region in 1...5000 {
            for chunk in 0..<(2 + region % 63) { expected[chunk] &+= chunk &* region }
        }
        #expect(Array(values.buffer) == expected)
    }

    /// A thread that is held in the first chunk until all others are done: the other threads do what is left of them.
    @Test func aSlowChunkHoldsUpNoOther() throws {
        let team = ThreadTeam(threads: 3)
        let chunks = 40
        let owners = try AlignedBuffer<Int32>(count: chunks)
        let done = Atomic(0)
        let deadline = ContinuousClock.now + .seconds(120)
        team.run(chunks: chunks) { chunk, thread in
            owners.pointer[chunk] = Int32(thread + 1)
            guard chunk == 0 else {
                done.add(1, ordering: .releasing)
                return
            }
            while done.load(ordering: .acquiring) < chunks - 1, ContinuousClock.now < deadline { sched_yield() }
        }
        let others = done.load(ordering: .relaxed)
        #expect(others == chunks - 1)
        #expect(owners.buffer.allSatisfy { $0 > 0 })
    }

    /// Held in their first chunk until all have come, threads have begun with ranges of their own, and go on in order.
    @Test func threadsClaimNeighboursFirst() throws {
        let (threads, chunks) = (4, 40)
        let team = ThreadTeam(threads: threads)
        let arrived = Atomic(0)
        let claimed = (0..<threads).map { _ in Claims() }
        let deadline = ContinuousClock.now + .seconds(120)
        team.run(chunks: chunks) { chunk, thread in
            if claimed[thread].add(chunk) { arrived.add(1, ordering: .releasing) }
            while arrived.load(ordering: .acquiring) < threads, ContinuousClock.now < deadline { sched_yield() }
        }
        for (thread, claims) in claimed.enumerated() {
            let (all, own) = (claims.all, thread * 10..<(thread + 1) * 10)
            let first = all.prefix { own.contains($0) }
            // Others that are done with theirs may have taken some in between.
            #expect(all.first == own.lowerBound && first == first.sorted()[...], "\(thread): \(all)")
            #expect(!all.dropFirst(first.count).contains { own.contains($0) }, "\(thread): \(all)")
        }
    }

    @Test func teamsComeAndGo() {
        for round in 0..<200 {
            let team = ThreadTeam(threads: 4)
            let sum = Atomic<Int>(0)
            if round % 2 == 0 { team.run(chunks: 8) { chunk, _ in sum.add(chunk, ordering: .relaxed) } }
            let total = sum.load(ordering: .relaxed)
            #expect(total == (round % 2 == 0 ? 28 : 0))
        }
    }

    @Test func aRegionWithinARegionTraps() async {
        await #expect(processExitsWith: .failure) {
            let team = ThreadTeam(threads: 2)
            team.run(chunks: 2) { _, _ in team.run(chunks: 2) { _, _ in } }
        }
    }
}

/// The chunks of one thread, in order.
private final class Claims: Sendable {
    private let chunks = Mutex<[Int]>([])

    var all: [Int] { chunks.withLock { $0 } }

    /// - Returns: whether it is the first.
    func add(_ chunk: Int) -> Bool {
        chunks.withLock { chunks in
            chunks.append(chunk)
            return chunks.count == 1
        }
    }
}

private final class Flag: Sendable {
    let value = Atomic<Bool>(false)
}
