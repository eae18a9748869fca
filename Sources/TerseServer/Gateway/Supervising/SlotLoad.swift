import TerseOperations

/// How busy a worker is by what it said last and what the gateway has sent it since, so that nobody has to ask it. A value.
struct SlotLoad: Sendable {
    /// Requests that the gateway has there, and the tokens of their prompts, as far as it can tell.
    private(set) var requests = 0
    private(set) var promptTokens = 0
    /// What the worker said last, and how many requests the gateway had there then.
    private var said: (load: WorkerLoad, requests: Int)?

    init() {}

    mutating func begin(promptTokens tokens: Int) { (requests, promptTokens) = (requests + 1, promptTokens + tokens) }

    mutating func end(promptTokens tokens: Int) { (requests, promptTokens) = (requests - 1, promptTokens - tokens) }

    /// The worker says how busy it is.
    mutating func take(_ load: WorkerLoad) { said = (load, requests) }

    /// Another worker takes its place.
    mutating func forget() { said = nil }

    /// What a router is told of it.
    func situation(isReady: Bool) -> VariantSituation {
        guard let (load, requestsThen) = said else {
            return VariantSituation(
                running: requests, waitingTokens: promptTokens, freeKVTokens: .max, waitingMax: .max, isReady: isReady)
        }
        let more = max(0, requests - requestsThen)
        let gone = max(0, requestsThen - requests)
        // Where some wait already, there is no place for others; who ends makes place for them.
        let places = load.waiting > 0 ? 0 : max(0, load.runningMax - load.running)
        let waiting = max(0, load.waiting - gone) + max(0, more - places)
        let running = max(0, load.running + min(more, places) - max(0, gone - load.waiting))
        let tokensOfMore = requests > 0 ? promptTokens / requests * more : 0
        let shareLeft = requestsThen > 0 ? Double(requestsThen - gone) / Double(requestsThen) : 1
        return VariantSituation(
            running: running, waiting: waiting,
            waitingTokens: Int(Double(load.unreadTokens) * shareLeft) + tokensOfMore,
            freeKVTokens: max(0, load.freeTokens - tokensOfMore), waitingMax: load.waitingMax, isReady: isReady)
    }
}
