import Dispatch
import Synchronization
import TerseGrammar
import TerseTokenizer

/// Grammars compiled for one vocabulary, kept for requests that ask for the same.
///
/// One is compiled at a time; requests for a grammar that waits or is being compiled wait for that one.
final class GrammarStore: Sendable {
    private typealias Waiter = CheckedContinuation<Result<VocabularyGrammar, GrammarError>?, Never>

    /// A grammar that is to be compiled, and who waits for it.
    private struct Job {
        let rule: OutputRule
        var waiters: [Int: Waiter] = [:]
    }

    private struct State {
        var kept: [OutputRule.Digest: VocabularyGrammar] = [:]
        /// Of kept grammars, least recently used first.
        var order: [OutputRule.Digest] = []
        var jobs: [OutputRule.Digest: Job] = [:]
        /// Jobs that have not begun.
        var waiting: [OutputRule.Digest] = []
        var waiterNumber = 0
        var compiledCount = 0
    }

    /// Grammars that wait or are being compiled; more are refused.
    static let jobsMax = 16
    /// Memory that kept grammars take, with their masks.
    static let keptBytesMax = 256 << 20
    /// Memory that the masks of one grammar take.
    private static let maskBytesMax = 8 << 20

    private let trie: TokenTrie
    private let keptBytesMax: Int
    private let state = Mutex(State())
    /// Compiling may take seconds, which Swift's own threads do not have.
    let queue = DispatchQueue(label: "terse-grammars")

    convenience init(_ tokenizer: Tokenizer) {
        let tokens = (0..<Int32(tokenizer.vocabularySize)).map { id in
            tokenizer.definition.kinds[Int(id)].isText ? tokenizer.piece(id) : []
        }
        self.init(TokenTrie(tokens: tokens, endOfText: tokenizer.endOfTextIDs))
    }

    init(_ trie: TokenTrie, keptBytesMax: Int = GrammarStore.keptBytesMax) {
        self.trie = trie
        self.keptBytesMax = keptBytesMax
    }

    /// Requests that wait for a grammar.
    var waiterCount: Int { state.withLock { $0.jobs.values.reduce(0) { $0 + $1.waiters.count } } }
    /// Grammars that were compiled, or refused.
    var compiledCount: Int { state.withLock { $0.compiledCount } }

    /// What an answer that obeys `rule` is to be asked.
    /// - Throws: `APIError`: 400 naming the keyword that cannot be enforced, or the line of the grammar; 429 when too many
    ///   wait to be compiled.
    func constraint(_ rule: OutputRule) async throws(APIError) -> GrammarConstraint {
        let grammar: VocabularyGrammar
        if let known = kept(rule.digest) {
            grammar = known
        } else {
            guard let result = try await compiled(rule) else {
                throw APIError(.badRequest, .invalidRequest, "the request was cancelled")
            }
            do throws(GrammarError) { grammar = try result.get() } catch { throw rule.refusal(error) }
        }
        do throws(GrammarError) { return try GrammarConstraint(grammar) } catch { throw rule.refusal(error) }
    }

    private func kept(_ digest: OutputRule.Digest) -> VocabularyGrammar? {
        state.withLock { state in
            guard let grammar = state.kept[digest] else { return nil }
            state.order.removeAll { $0 == digest }
            state.order.append(digest)
            return grammar
        }
    }

    /// Waits for the grammar; nil when the task is cancelled meanwhile.
    private func compiled(_ rule: OutputRule) async throws(APIError) -> Result<VocabularyGrammar, GrammarError>? {
        let digest = rule.digest
        let number: Int? = state.withLock { state in
            guard state.jobs[digest] != nil || state.jobs.count < Self.jobsMax else { return nil }
            state.waiterNumber += 1
            return state.waiterNumber
        }
        guard let number else {
            throw APIError(
                .tooManyRequests, .rateLimit, "more than \(Self.jobsMax) grammars wait to be compiled",
                code: "grammars_busy", retryAfter: .seconds(2))
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                enqueue(rule, digest, number, waiter)
                if Task.isCancelled { cancel(digest, number) }
            }
        } onCancel: {
            cancel(digest, number)
        }
    }

    private func enqueue(_ rule: OutputRule, _ digest: OutputRule.Digest, _ number: Int, _ waiter: Waiter) {
        let isNew = state.withLock { state in
            let isNew = state.jobs[digest] == nil
            state.jobs[digest, default: Job(rule: rule)].waiters[number] = waiter
            if isNew { state.waiting.append(digest) }
            return isNew
        }
        if isNew { queue.async { self.compileNext() } }
    }

    /// A job that nobody waits for and that has not begun is let go.
    private func cancel(_ digest: OutputRule.Digest, _ number: Int) {
        let waiter = state.withLock { state -> Waiter? in
            let waiter = state.jobs[digest]?.waiters.removeValue(forKey: number)
            if state.jobs[digest]?.waiters.isEmpty ?? false, let index = state.waiting.firstIndex(of: digest) {
                state.waiting.remove(at: index)
                state.jobs[digest] = nil
            }
            return waiter
        }
        waiter?.resume(returning: nil)
    }

    private func compileNext() {
        let next = state.withLock { state -> (digest: OutputRule.Digest, rule: OutputRule)? in
            guard let digest = state.waiting.first, let job = state.jobs[digest] else { return nil }
            state.waiting.removeFirst()
            return (digest, job.rule)
        }
        guard let next else { return }
        let result = Result { () throws(GrammarError) in
            VocabularyGrammar(
                try CompiledGrammar(try next.rule.grammar()), trie,
                maskBytesMax: min(Self.maskBytesMax, keptBytesMax / 4))
        }
        let waiters = state.withLock { state in
            state.compiledCount += 1
            if case .success(let grammar) = result { keep(grammar, next.digest, &state) }
            return state.jobs.removeValue(forKey: next.digest)?.waiters.values.map { $0 } ?? []
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    private func keep(_ grammar: VocabularyGrammar, _ digest: OutputRule.Digest, _ state: inout State) {
        guard grammar.byteCountMax <= keptBytesMax else { return }
        state.kept[digest] = grammar
        state.order.append(digest)
        var bytes = state.kept.values.reduce(0) { $0 + $1.byteCountMax }
        while bytes > keptBytesMax, let oldest = state.kept.removeValue(forKey: state.order.removeFirst()) {
            bytes -= oldest.byteCountMax
        }
    }
}

extension TokenKind {
    /// Whether a token of this kind is part of a text: what is skipped when tokens become text must not stand in one.
    fileprivate var isText: Bool { self != .control && self != .unknown && self != .unused }
}
