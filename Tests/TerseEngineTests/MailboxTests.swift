import TerseModel
import Testing

@testable import TerseEngine

@Suite struct MailboxTests {
    /// A reader who is behind gets what came as one event, tokens before their text.
    @Test func eventsAreJoined() async throws {
        let mailbox = Mailbox()
        for id in 1...3 as ClosedRange<Int32> {
            #expect(!mailbox.put(.success(.tokens([GeneratedToken(id: id)]))))
            #expect(!mailbox.put(.success(.text("\(id)"))))
        }
        #expect(mailbox.put(.failure(EngineError(.model, "broken"))))
        #expect(try await mailbox.next() == .tokens([1, 2, 3].map { GeneratedToken(id: $0) }))
        #expect(try await mailbox.next() == .text("123"))
        await #expect(throws: EngineError(.model, "broken")) { try await mailbox.next() }
        #expect(try await mailbox.next() == nil)
    }

    /// What is left unread is bounded, and says so at its end.
    @Test func whoReadsTooLittleIsCutOff() async throws {
        let mailbox = Mailbox()
        let piece = String(repeating: "x", count: 1000)
        var pieces = 0
        while !mailbox.isCancelled {
            _ = mailbox.put(.success(.text(piece)))
            if !mailbox.isCancelled { pieces += 1 }
        }
        #expect(pieces == Mailbox.unreadBytesMax / 1000 + 1)
        for _ in 0..<10 { _ = mailbox.put(.success(.text(piece))) }
        guard case .text(let text)? = try await mailbox.next() else {
            Issue.record("no text")
            return
        }
        #expect(text.utf8.count == pieces * 1000)
        let error = await #expect(throws: EngineError.self) { try await mailbox.next() }
        #expect(error?.code == .unread)
    }

    /// What was told before a generation was resumed comes at once, whatever its length.
    @Test func oneEventMayBeLarge() async throws {
        let mailbox = Mailbox()
        let told = String(repeating: "x", count: 2 * Mailbox.unreadBytesMax)
        _ = mailbox.put(.success(.text(told)))
        #expect(try await mailbox.next() == .text(told))
        _ = mailbox.put(.success(.text("more")))
        #expect(try await mailbox.next() == .text("more"))
        #expect(!mailbox.isCancelled)
    }

    /// Who reads may have any amount.
    @Test func whoReadsIsNotCutOff() async throws {
        let mailbox = Mailbox()
        let piece = String(repeating: "x", count: 100_000)
        for _ in 0..<100 {
            _ = mailbox.put(.success(.tokens([GeneratedToken(id: 1)])))
            _ = mailbox.put(.success(.text(piece)))
            #expect(try await mailbox.next() == .tokens([GeneratedToken(id: 1)]))
            #expect(try await mailbox.next() == .text(piece))
        }
        #expect(!mailbox.isCancelled)
    }
}
