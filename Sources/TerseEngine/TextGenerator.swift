import Foundation
import Synchronization
import TerseModel
import TerseTokenizer

/// Generates texts one after the other on a thread of its own; the bridge between async code and the engine.
///
/// A request whose prompt begins as the one before it did, answer included, costs only its new tokens.
public final class TextGenerator: Sendable {
    /// What the generator and its thread share.
    private struct State {
        var jobs: [Job] = []
        /// No more requests will come.
        var isClosed = false
    }

    private struct Job: Sendable {
        let request: GenerationRequest
        let mailbox: Mailbox
    }

    private let queue: Queue
    public let model: Model
    public let tokenizer: Tokenizer
    /// What was reserved.
    public let plan: MemoryPlan

    /// Requests that wait for the one under way.
    public static let waitingMax = 256
    static let stackBytes = 8 << 20

    /// Reserves all memory that running will need and starts the thread.
    /// - Throws: `EngineError` (`model`) when the memory budget cannot hold it, or an option is out of range.
    public convenience init(
        model: Model, tokenizer: Tokenizer, threads: Int? = nil, options: RunnerOptions = RunnerOptions()
    ) throws(EngineError) {
        let runner: ModelRunner
        do { runner = try ModelRunner(model, threads: threads, options: options) } catch {
            throw EngineError(.model, error.message)
        }
        try self.init(runner: runner, tokenizer: tokenizer)
    }

    private init(runner: sending ModelRunner, tokenizer: Tokenizer) throws(EngineError) {
        model = runner.model
        plan = runner.plan
        self.tokenizer = tokenizer
        let queue = Queue()
        self.queue = queue
        // Only the new thread touches the loop and its runner from here on.
        nonisolated(unsafe) let loop = try DecodeLoop(runner: runner, tokenizer: tokenizer)
        let thread = Thread { Self.serve(queue, loop) }
        thread.stackSize = Self.stackBytes
        thread.name = "terse-generator"
        thread.start()
    }

    /// The thread ends when what was asked for is done.
    deinit { queue.close() }

    /// Starts a generation, when those before it have ended.
    public func generate(_ request: GenerationRequest) -> Generation {
        let mailbox = Mailbox()
        queue.add(Job(request: request, mailbox: mailbox))
        return Generation(mailbox)
    }

    /// Ends what is under way, what waits and what comes with the error `shutDown`.
    public func shutDown() { queue.shutDown() }

    private static func serve(_ queue: Queue, _ loop: DecodeLoop) {
        while let job = queue.next() {
            let mailbox = job.mailbox
            do {
                try loop.generate(job.request, isCancelled: { mailbox.isCancelled || queue.isShutDown }) { event in
                    if case .finished(let summary) = event, summary.reason == .cancelled, !mailbox.isCancelled {
                        mailbox.fail(shutDownError)
                    } else {
                        mailbox.put(event)
                    }
                }
            } catch {
                mailbox.fail(error)
            }
        }
    }

    private static let shutDownError = EngineError(.shutDown, "the generator was shut down")
}

extension TextGenerator {
    /// The requests that wait, handed from async code to the thread.
    private final class Queue: Sendable {
        private let state = Mutex(State())
        private let available = DispatchSemaphore(value: 0)
        private let shutDownFlag = Atomic(false)

        var isShutDown: Bool { shutDownFlag.load(ordering: .relaxed) }

        func add(_ job: Job) {
            let refusal: EngineError? = state.withLock { state in
                if state.isClosed { return TextGenerator.shutDownError }
                guard state.jobs.count < TextGenerator.waitingMax else {
                    return EngineError(.busy, "\(state.jobs.count) requests wait already")
                }
                state.jobs.append(job)
                return nil
            }
            if let refusal { job.mailbox.fail(refusal) } else { available.signal() }
        }

        /// The next request, waited for; nil when none will come.
        func next() -> Job? {
            available.wait()
            return state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
        }

        /// Lets what waits be done, and then the thread end.
        func close() {
            state.withLock { $0.isClosed = true }
            available.signal()
        }

        func shutDown() {
            shutDownFlag.store(true, ordering: .relaxed)
            let waiting = state.withLock { state in
                defer { state.jobs.removeAll() }
                state.isClosed = true
                return state.jobs
            }
            for job in waiting { job.mailbox.fail(TextGenerator.shutDownError) }
            available.signal()
        }
    }
}
