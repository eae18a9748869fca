import Foundation
import Testing

@testable import TerseServer

/// What is bounded in time.
@Suite struct DeadlineTests {
    private struct Late: Error {}

    @Test func whoIsInTimeIsNotDisturbed() async throws {
        #expect(try await Deadline.race(.seconds(600), orThrow: Late()) { 7 } == 7)
        await #expect(throws: CancellationError.self) {
            try await Deadline.race(.seconds(600), orThrow: Late()) { throw CancellationError() }
        }
    }

    @Test func whoIsLateIsCancelled() async {
        await #expect(throws: Late.self) {
            try await Deadline.race(.milliseconds(1), orThrow: Late()) {
                while !Task.isCancelled { await Task.yield() }
            }
        }
    }

    @Test func whoeverWaitsCanBeCancelled() async {
        let waiting = Task {
            try await Deadline.race(.seconds(600), orThrow: Late()) { try await Task.sleep(for: .seconds(600)) }
        }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    /// Deadlines that nobody waits for any longer leave nothing behind: 1.5 KB each would be 30 MB in each round.
    /// Tests beside this one take memory too, so that one quiet round has to do.
    @Test func whatIsOverTakesNoMemory() async throws {
        var least = Int.max
        for _ in 0..<20 where least >= 15 << 20 {
            let before = try Self.residentBytes()
            for _ in 0..<20_000 { try await Deadline.race(.seconds(600), orThrow: Late()) {} }
            least = min(least, try Self.residentBytes() - before)
        }
        #expect(least < 15 << 20, "bytes left by 20,000 deadlines")
    }

    private static func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
        return try #require(Int(pages)) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
