import Foundation

/// A fixed set of threads that share the chunks of one parallel region at a time.
///
/// The workers are plain threads of this object, never Swift's cooperative pool, and run wherever the system likes unless a
/// placement says where. Between regions
/// they spin for a moment, then park, so an idle team costs nothing. Each thread has a range of the chunks, claims them
/// one by one and then those that others have left, so a thread whose core is taken by another process holds back at most
/// the chunk it is in.
public final class ThreadTeam: Sendable {
    /// Threads that take part in a region, the caller included.
    public let threadCount: Int
    private let state: TeamState
    private let workers: [pthread_t]

    /// More threads than this are never started.
    public static let threadCountMax = 1024

    /// Starts a team.
    /// - Parameter threads: threads that take part, the caller of `run` being one of them. By default one for each physical
    ///   core that the process may use, within the processor limit of its cgroup.
    /// - Parameter placement: where the workers run; the caller of `run` is its own master (`ThreadPlacement.apply`).
    ///
    /// When the system refuses a thread the team is smaller; `threadCount` says how large it is.
    public init(threads: Int? = nil, placement: ThreadPlacement? = nil) {
        let wanted = min(max(threads ?? ProcessorBudget.current.threads, 1), Self.threadCountMax)
        let state = TeamState(threads: wanted)
        var workers: [pthread_t] = []
        for index in 1..<wanted {
            guard let worker = Self.start(index, state, placement) else { break }
            workers.append(worker)
        }
        self.state = state
        self.workers = workers
        threadCount = workers.count + 1
    }

    deinit {
        state.shutDown()
        for worker in workers { pthread_join(worker, nil) }
    }

    /// Calls `body` once for every chunk in `0..<chunks`, on the caller's thread and the team's, and returns when all calls
    /// have returned. Everything written before is visible to the body, everything the body wrote to the caller.
    ///
    /// `thread` is below `threadCount` and no two calls run at once with the same one, so it can index scratch memory.
    /// A thread calls `body` for neighbouring chunks in ascending order as long as its own range lasts, so that memory is read
    /// as it is laid out. A region on threads that still spin costs about a microsecond, of which the language's box for the
    /// closure is one small allocation.
    ///
    /// One region at a time: calling `run` from a body, or from two threads at once, is a precondition failure.
    public func run(chunks: Int, _ body: (_ chunk: Int, _ thread: Int) -> Void) {
        precondition(chunks >= 0 && chunks <= Int(Int32.max), "a region of \(chunks) chunks")
        state.enter()
        defer { state.leave() }
        if chunks <= 1 || threadCount == 1 {
            for chunk in 0..<chunks { body(chunk, 0) }
            return
        }
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: TeamRegion(body: body)) { region in
                state.share(region, chunks: chunks)
            }
        }
    }

    /// Stack of a worker. Kernels of floats keep 400 KiB on it; some C libraries would give 128.
    private static let stackBytes = 2 << 20

    /// A worker thread with all signals blocked, so that they reach threads that expect them.
    private static func start(_ index: Int, _ state: TeamState, _ placement: ThreadPlacement?) -> pthread_t? {
        let start = Unmanaged.passRetained(TeamWorker(index: index, state: state, placement: placement))
        var blocked = sigset_t()
        var previous = sigset_t()
        sigfillset(&blocked)
        pthread_sigmask(SIG_SETMASK, &blocked, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, &attributes,
            { argument in
                let worker = Unmanaged<TeamWorker>.fromOpaque(argument!).takeRetainedValue()
                worker.placement?.apply(thread: worker.index)
                worker.state.serve(thread: worker.index)
                return nil
            }, start.toOpaque())
        guard failure == 0 else {
            start.release()
            return nil
        }
        return thread
    }
}

/// What a new worker thread is told.
private final class TeamWorker: Sendable {
    let index: Int
    let state: TeamState
    let placement: ThreadPlacement?

    init(index: Int, state: TeamState, placement: ThreadPlacement?) {
        self.index = index
        self.state = state
        self.placement = placement
    }
}
