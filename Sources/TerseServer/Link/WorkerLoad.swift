import TerseJSON

/// How busy a worker's engine is, as of its last step, and how busy it may become.
struct WorkerLoad: Sendable, Equatable {
    /// Sequences that were let in.
    var running: Int
    var runningMax: Int
    /// Those that were not.
    var waiting: Int
    var waitingMax: Int
    /// Tokens of prompts that are not computed yet, of both.
    var unreadTokens: Int
    /// For how many tokens more there is room in the KV cache.
    var freeTokens: Int

    init(
        running: Int, runningMax: Int, waiting: Int, waitingMax: Int, unreadTokens: Int, freeTokens: Int
    ) {
        (self.running, self.runningMax) = (running, runningMax)
        (self.waiting, self.waitingMax) = (waiting, waitingMax)
        (self.unreadTokens, self.freeTokens) = (unreadTokens, freeTokens)
    }

    /// - Returns: nil for what no worker says.
    init?(_ json: JSONValue?) {
        let names = ["running", "running_max", "waiting", "waiting_max", "unread_tokens", "free_tokens"]
        let numbers = names.compactMap { json?[$0]?.intValue }
        guard numbers.count == names.count, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
        self.init(
            running: numbers[0], runningMax: numbers[1], waiting: numbers[2], waitingMax: numbers[3],
            unreadTokens: numbers[4], freeTokens: numbers[5])
    }

    var json: JSONValue {
        [
            "running": JSONValue(running), "running_max": JSONValue(runningMax), "waiting": JSONValue(waiting),
            "waiting_max": JSONValue(waitingMax), "unread_tokens": JSONValue(unreadTokens),
            "free_tokens": JSONValue(freeTokens),
        ]
    }
}
