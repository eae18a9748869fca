/// Answers by what was asked, the least recently used forgotten first. A value with the caller's clock.
struct AnswerCache: Sendable {
    private struct Entry: Sendable {
        let answer: CachedAnswer
        let time: Duration
        var use: UInt64
    }

    let limits: CacheLimits
    private var entries: [AnswerKey: Entry] = [:]
    private(set) var byteCount = 0
    private var uses: UInt64 = 0
    private(set) var hits = 0
    private(set) var misses = 0

    init(_ limits: CacheLimits) { self.limits = limits }

    var count: Int { entries.count }

    /// - Returns: nil when it is not there or too old.
    mutating func answer(to key: AnswerKey, now: Duration) -> CachedAnswer? {
        guard let entry = entries[key] else {
            misses += 1
            return nil
        }
        guard now - entry.time <= limits.ageMax else {
            remove(key)
            misses += 1
            return nil
        }
        uses += 1
        entries[key]?.use = uses
        hits += 1
        return entry.answer
    }

    /// Keeps an answer, and forgets others for it.
    mutating func keep(_ answer: CachedAnswer, for key: AnswerKey, now: Duration) {
        remove(key)
        let size = answer.byteCount
        guard size <= min(limits.answerBytesMax, limits.bytesMax), limits.answersMax > 0 else { return }
        while entries.count >= limits.answersMax || byteCount + size > limits.bytesMax {
            // So many at most that looking at all of them takes less than sending one.
            guard let oldest = entries.min(by: { $0.value.use < $1.value.use })?.key else { break }
            remove(oldest)
        }
        uses += 1
        entries[key] = Entry(answer: answer, time: now, use: uses)
        byteCount += size
    }

    private mutating func remove(_ key: AnswerKey) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        byteCount -= entry.answer.byteCount
    }
}
