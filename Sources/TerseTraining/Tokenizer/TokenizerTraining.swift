import Synchronization
import TerseTensor
import TerseTokenizer

/// Learns a tokenizer from a corpus: its documents are counted side by side, then merges are learned from the sums.
public struct TokenizerTraining: Sendable {
    public var trainer: BytePairTrainer
    /// The name of the pre-tokenisation (`tokenizer.ggml.pre`).
    public var preTokenizer: String
    /// The special token that begins and ends a text, one of the trainer's; nil: none does.
    public var endOfText: String?

    public init(trainer: BytePairTrainer, preTokenizer: String, endOfText: String?) {
        self.trainer = trainer
        self.preTokenizer = preTokenizer
        self.endOfText = endOfText
    }

    /// How far the work is.
    public enum Progress: Sendable {
        /// Bytes of the corpus that were counted.
        case counted(Int)
        /// Tokens that were learned.
        case learned(Int)
    }

    /// Documents larger than this are counted in parts, cut at a space between two letters, where every
    /// pre-tokenisation cuts, too.
    private static let partBytes = 1 << 20

    /// - Parameter progress: False stops.
    /// - Returns: The tokenizer, the same for every number of threads. Nil when `progress` stopped it.
    /// - Throws: `TrainingError` for text that cannot be read or an impossible vocabulary.
    public func train(
        on corpus: TextCorpus, team: ThreadTeam, progress: (Progress) -> Bool = { _ in true }
    ) throws(TrainingError) -> TokenizerDefinition? {
        do {
            let steps = try NamedPreTokenizer.named(preTokenizer).steps
            guard let counts = try count(corpus, steps, team, progress),
                let learned = try trainer.train(on: counts, progress: { progress(.learned($0)) })
            else { return nil }
            return try learned.definition(preTokenizer: preTokenizer, endOfText: endOfText)
        } catch let error as TokenizerError {
            throw TrainingError(.invalid, error.message)
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError(.system, "\(error)")
        }
    }

    private func count(
        _ corpus: TextCorpus, _ steps: [PreTokenizationStep], _ team: ThreadTeam, _ progress: (Progress) -> Bool
    ) throws -> PieceCounts? {
        let empty = PieceCounts(preTokenization: steps)
        let perThread = (0..<team.threadCount).map { _ in PartialCounts(empty) }
        var stopped = false
        try corpus.forEachBatch { documents, read throws(TrainingError) in
            let parts = documents.flatMap { document in Self.parts(of: document).map { (document: document, range: $0) }
            }
            team.run(chunks: parts.count) { index, thread in
                perThread[thread].add(parts[index].document, parts[index].range)
            }
            stopped = !progress(.counted(read))
            return !stopped
        }
        guard !stopped else { return nil }
        var sum = empty
        for counts in perThread { try sum.merge(counts.get()) }
        return sum
    }

    /// Ranges of the document's bytes.
    static func parts(of document: Document) -> [Range<Int>] {
        let text = document.text.utf8
        let count = text.count
        guard count > partBytes else { return [0..<count] }
        var parts: [Range<Int>] = []
        _ = text.withContiguousStorageIfAvailable { bytes in
            var start = 0
            while count - start > partBytes {
                var cut = start + partBytes
                while cut + 1 < count, !isBetweenLetters(bytes, cut) { cut += 1 }
                guard cut + 1 < count else { break }
                parts.append(start..<cut)
                start = cut
            }
            parts.append(start..<count)
        }
        return parts
    }

    private static func isBetweenLetters(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
        return bytes[index] == 0x20 && isLetter(bytes[index - 1]) && isLetter(bytes[index + 1])
    }
}

/// What one thread counted.
private final class PartialCounts: Sendable {
    private struct State {
        var counts: PieceCounts
        var failure: TokenizerError?
    }

    private let state: Mutex<State>

    init(_ counts: PieceCounts) { state = Mutex(State(counts: counts)) }

    /// Counts a part of a document, unless counting failed before.
    func add(_ document: Document, _ range: Range<Int>) {
        state.withLock { state in
            guard state.failure == nil else { return }
            _ = document.text.utf8.withContiguousStorageIfAvailable { bytes in
                do throws(TokenizerError) {
                    try state.counts.add(UnsafeBufferPointer(rebasing: bytes[range]))
                } catch {
                    state.failure = error
                }
            }
        }
    }

    func get() throws(TokenizerError) -> PieceCounts {
        let (counts, failure) = state.withLock { ($0.counts, $0.failure) }
        if let failure { throw failure }
        return counts
    }
}
