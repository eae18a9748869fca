import Foundation
import Synchronization
import Testing

@testable import TerseTensor

@Suite struct ThreadPlacementTests {
    @Test func listsAreReadAndWritten() {
        #expect(ProcessorList("0-3,8")?.numbers == [0, 1, 2, 3, 8] && ProcessorList("8,0-3,2")?.description == "0-3,8")
        #expect(ProcessorList([5, 4, 7])?.description == "4-5,7" && ProcessorList("65535") != nil)
        for text in ["", ",", "1,", "3-1", "x", "-1", "1-", "0-65536", "1-2-3", " 1", "99999999999999999999"] {
            #expect(ProcessorList(text) == nil, "\(text)")
        }
        #expect(ProcessorList([Int]()) == nil && ProcessorList([-1]) == nil)
    }

    /// On a thread of its own, since a placement stays.
    private func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result? {
        let result = Mutex<Result?>(nil)
        let done = DispatchSemaphore(value: 0)
        Thread {
            let value = body()
            result.withLock { $0 = value }
            done.signal()
        }.start()
        done.wait()
        return result.withLock { $0 }
    }

    @Test func threadsRunWhereTheyArePut() throws {
        let reach = ProcessorBudget.allowedProcessors().sorted()
        let all = try #require(ProcessorList(reach))
        let pinned = ThreadPlacement(all, isPinned: true)
        let places = onThread {
            let before = ThreadPlacement.current()
            let within = pinned.during { ThreadPlacement.current() }
            let after = ThreadPlacement.current()
            let team = ThreadTeam(threads: 3, placement: pinned)
            let seen = Mutex<[Int: [Int]]>([:])
            team.run(chunks: 30) { _, thread in
                usleep(1000)
                seen.withLock { $0[thread] = ThreadPlacement.current() }
            }
            return [[before, within, after], (1..<3).map { thread in seen.withLock { $0[thread] } }]
        }
        let (mine, team) = (try #require(places?[0]), try #require(places?[1]))
        #expect(mine[0] == mine[2] && mine[1] == [reach[0]])
        for (index, place) in team.enumerated() where place != nil {
            #expect(place == [reach[(index + 1) % reach.count]])
        }
        let free = ThreadPlacement(all, isPinned: false)
        #expect(onThread { free.during { ThreadPlacement.current() } } == .some(reach))
    }

    @Test func whatTheSystemRefusesIsSaid() throws {
        let none = ThreadPlacement(try #require(ProcessorList("65535")), isPinned: false)
        #expect(onThread { none.isPossible } == false && onThread { none.apply(thread: 0) } == false)
        let one = ThreadPlacement(
            try #require(ProcessorList(ProcessorBudget.allowedProcessors().sorted().prefix(1))), isPinned: true)
        #expect(onThread { one.isPossible } == true)
    }
}
