import TerseGrammar
import TerseJSON
import Testing

@testable import TerseServer

/// Grammars are compiled once for all who ask for one, and kept within bounds.
@Suite struct GrammarStoreTests {
    /// A token for each byte, and one that ends the text.
    private static let trie = TokenTrie(tokens: (0...255).map { [UInt8($0)] } + [[]], endOfText: [256])

    private func rule(_ text: String) throws -> OutputRule {
        try #require(OutputRule(.grammar("root ::= \"\(text)\"")))
    }

    /// Asks for a grammar in a task of its own; the error's code or nil.
    private func ask(_ store: GrammarStore, _ rule: OutputRule) -> Task<String?, Never> {
        Task {
            do throws(APIError) {
                _ = try await store.constraint(rule)
                return nil
            } catch {
                return error.code ?? error.message
            }
        }
    }

    private func wait(until isDone: () -> Bool) async { while !isDone() { await Task.yield() } }

    @Test func equalRulesAreCompiledOnce() async throws {
        let store = GrammarStore(Self.trie)
        store.queue.suspend()
        let tasks = try (0..<5).map { _ in ask(store, try rule("a")) }
        await wait { store.waiterCount == 5 }
        store.queue.resume()
        for task in tasks { #expect(await task.value == nil) }
        #expect(store.compiledCount == 1)
        #expect(await ask(store, try rule("a")).value == nil)
        #expect(store.compiledCount == 1)
        // What Swift calls equal has other bytes.
        for text in ["\u{E9}", "e\u{301}"] { #expect(await ask(store, try rule(text)).value == nil) }
        #expect(store.compiledCount == 3)
    }

    @Test func tooManyAreRefusedAndCancelledOnesAreLetGo() async throws {
        let store = GrammarStore(Self.trie)
        store.queue.suspend()
        let tasks = try (0..<GrammarStore.jobsMax).map { ask(store, try rule("\($0)")) }
        await wait { store.waiterCount == GrammarStore.jobsMax }
        #expect(await ask(store, try rule("one more")).value == "grammars_busy")
        for task in tasks.dropFirst() { task.cancel() }
        for task in tasks.dropFirst() { #expect(await task.value == "the request was cancelled") }
        let cancelled = ask(store, try rule("x"))
        cancelled.cancel()
        #expect(await cancelled.value == "the request was cancelled")
        store.queue.resume()
        #expect(await tasks[0].value == nil)
        #expect(await ask(store, try rule("y")).value == nil)
        #expect(store.compiledCount == 2)
    }

    @Test func leastRecentlyUsedGrammarsMakeRoom() async throws {
        let store = GrammarStore(Self.trie, keptBytesMax: 100_000)
        // Each takes a quarter for its masks, and its table.
        for text in ["a", "b", "c", "a", "b"] { #expect(await ask(store, try rule(text)).value == nil) }
        #expect(store.compiledCount == 3)
        for text in ["d", "a", "b"] { #expect(await ask(store, try rule(text)).value == nil) }
        #expect(store.compiledCount == 4)
        #expect(await ask(store, try rule("c")).value == nil)
        #expect(store.compiledCount == 5)
    }

    @Test func refusalsNameWhatIsWrong() async throws {
        let store = GrammarStore(Self.trie)
        let rule = try #require(OutputRule(.grammar("root ::= other")))
        let error = await #expect(throws: APIError.self) { _ = try await store.constraint(rule) }
        #expect(error?.status == .badRequest && error?.parameter == "grammar")
        let long = try #require(
            OutputRule(.jsonSchema(name: "x", schema: ["const": .string(String(repeating: "x", count: 2 << 20))])))
        let refusal = await #expect(throws: APIError.self) { _ = try await store.constraint(long) }
        #expect(refusal?.message.contains("bytes") == true)
    }
}
