import TerseModel
import TerseTensor

/// Runs a draft model ahead of the texts of a large one.
///
/// Each text has a sequence of its own here, which follows it: what proved wrong is cut off, what is missing is computed. A
/// text that ended leaves its sequence to the next of the same owner that begins alike. Belongs to one thread.
final class Drafter {
    /// A text that is to be gone on with.
    struct Wish {
        let id: RequestID
        /// Only texts of one owner take over each other's sequences.
        let tenant: UInt32
        let tokens: [Int32]
        /// How many guesses are wanted.
        let count: Int
        /// Chooses as the text itself will: where the models agree, so do the choices, by chance too.
        var chooser: TokenChooser
        var guesses: [Int32] = []
    }

    private struct Slot {
        let sequence: KVSequence
        /// Those whose keys and values are in.
        var tokens: [Int32] = []
        var tenant: UInt32 = 0
        /// Whose text it follows; nil: nobody's any more.
        var owner: RequestID?
        var lastUse: UInt64 = 0
    }

    let runner: ModelRunner
    private let batch: ForwardBatch
    /// A row of logits as wide as the large model's vocabulary, where that is another.
    private let row: AlignedBuffer<Float>
    private var slots: [Slot] = []
    private var calls: UInt64 = 0

    /// - Parameters:
    ///   - options: `sequenceCount` texts are followed at once.
    ///   - vocabularySize: the large model's.
    /// - Throws: `EngineError`: `model` when the budget cannot hold it, `badRequest`.
    init(
        _ draft: DraftModel, team: ThreadTeam, options: RunnerOptions, vocabularySize: Int
    ) throws(EngineError) {
        var options = options
        options.contextLength = min(
            options.contextLength(for: draft.model.configuration), draft.model.configuration.contextLength)
        do throws(ModelError) {
            runner = try ModelRunner(draft.model, team: team, options: options)
            batch = try runner.makeBatch()
            for _ in 0..<options.sequenceCount { slots.append(Slot(sequence: try runner.makeSequence())) }
        } catch {
            throw EngineError(error.code == .badRequest ? .badRequest : .model, "draft model: \(error.message)")
        }
        do throws(TensorError) { row = try AlignedBuffer(count: vocabularySize) } catch {
            throw EngineError(.model, "draft model: \(error.message)")
        }
    }

    /// Bytes of weights and of all that was reserved.
    var byteCount: Int { runner.plan.totalBytes + row.byteCount }

    /// The longest text, its guesses but for the last included.
    var positionsMax: Int { runner.plan.contextLength }

    /// How many tokens of a text are not in any sequence that it has or could take over.
    func unread(_ id: RequestID, tenant: UInt32, tokens: [Int32]) -> Int {
        let slot = slots.firstIndex { $0.owner == id } ?? kin(of: tokens, tenant: tenant)?.slot
        return tokens.count - (slot.map { Self.common(slots[$0].tokens, tokens) } ?? 0)
    }

    /// A text has ended.
    func release(_ id: RequestID) {
        for index in slots.indices where slots[index].owner == id { slots[index].owner = nil }
    }

    /// Forgets all texts.
    func reset() {
        for index in slots.indices { clear(index) }
    }

    /// Guesses for each wish, at most as many as it wants; none while its text is not in yet, of which a batch's worth is
    /// computed in each call.
    ///
    /// - Parameters:
    ///   - target: whose choices are guessed at.
    ///   - isCancelled: asked before each layer; when it says so, there are no guesses.
    /// - Returns: passes of the draft model, and tokens of texts that it had to read in, besides those chosen last.
    func draft(
        _ wishes: inout [Wish], target: ModelRunner, mask: TokenMask, isCancelled: () -> Bool
    ) -> (passes: Int, tokensRead: Int) {
        calls += 1
        let ids = Set(wishes.map(\.id))
        var pass = readIn(wishes, ids)
        // What was chosen last, and the guess before it where that was right.
        let tokensRead = batch.rowCount <= 2 * wishes.count ? 0 : batch.rowCount
        var passes = 0
        while !batch.isEmpty {
            guard runner.forward(batch, isCancelled: isCancelled) else {
                for index in wishes.indices { wishes[index].guesses = [] }
                return (0, 0)
            }
            passes += 1
            for addition in pass.additions { slots[addition.slot].tokens += addition.tokens }
            var next = Pass()
            var rows = LogitRows(first: 0, greatest: nil)
            for (wish, slot) in pass.open {
                let logits = widened(rows.next(width: runner.model.configuration.vocabularySize, of: runner))
                guard let guess = guess(&wishes[wish], from: logits, target, mask),
                    wishes[wish].guesses.count < wishes[wish].count,
                    append([guess], to: slot, outputs: .last, among: ids)
                else { continue }
                next.additions.append((slot, [guess]))
                next.open.append((wish, slot))
            }
            pass = next
        }
        return (passes, tokensRead)
    }

    /// What a batch adds to which slots, and for which wishes a guess follows, in the order of its outputs.
    private struct Pass {
        var additions: [(slot: Int, tokens: ArraySlice<Int32>)] = []
        var open: [(wish: Int, slot: Int)] = []
    }

    /// Puts together a batch of what the slots lack of their texts.
    private func readIn(_ wishes: [Wish], _ ids: Set<RequestID>) -> Pass {
        var pass = Pass()
        for (index, wish) in wishes.enumerated() {
            guard let slot = slot(for: wish, among: ids) else { continue }
            let missing = wish.tokens[slots[slot].tokens.count...]
            let part = missing.prefix(batch.maxRows - batch.rowCount)
            let isWhole = part.count == missing.count
            guard append(part, to: slot, outputs: isWhole ? .last : .none, among: ids) else { continue }
            pass.additions.append((slot, part))
            if isWhole { pass.open.append((index, slot)) }
        }
        return pass
    }

    /// - Returns: nil when the text would end here.
    private func guess(
        _ wish: inout Wish, from logits: UnsafeMutableBufferPointer<Float>, _ target: ModelRunner, _ mask: TokenMask
    ) -> Int32? {
        guard let token = try? wish.chooser.choose(from: logits, runner: target, mask: mask),
            !wish.chooser.ends(token)
        else { return nil }
        wish.guesses.append(token)
        return token
    }

    /// Logits for the large model's vocabulary, which may be padded otherwise.
    private func widened(_ logits: UnsafeMutableBufferPointer<Float>) -> UnsafeMutableBufferPointer<Float> {
        guard logits.count != row.count else { return logits }
        let known = min(logits.count, row.count)
        row.pointer.update(from: logits.baseAddress!, count: known)
        (row.pointer + known).update(repeating: -.infinity, count: row.count - known)
        return UnsafeMutableBufferPointer(start: row.pointer, count: row.count)
    }

    private func append(
        _ tokens: ArraySlice<Int32>, to slot: Int, outputs: ForwardBatch.Outputs, among ids: Set<RequestID>
    ) -> Bool {
        while !tokens.isEmpty {
            do throws(ModelError) {
                try batch.append(tokens, to: slots[slot].sequence, outputs: outputs)
                return true
            } catch {
                guard error.code == .outOfMemory, giveUpOldest(but: ids) else { return false }
            }
        }
        return false
    }
}

// MARK: Sequences

extension Drafter {
    /// The slot that follows a wish's text, cut back to what it has of that; all but the last token at most.
    private func slot(for wish: Wish, among ids: Set<RequestID>) -> Int? {
        guard wish.count > 0, wish.tokens.count + wish.count - 1 <= positionsMax else { return nil }
        guard let index = slots.firstIndex(where: { $0.owner == wish.id }) ?? takeOver(for: wish, among: ids) else {
            return nil
        }
        let common = min(Self.common(slots[index].tokens, wish.tokens), wish.tokens.count - 1)
        slots[index].sequence.truncate(to: common)
        slots[index].tokens.removeLast(slots[index].tokens.count - common)
        slots[index].lastUse = calls
        return index
    }

    /// A slot that nobody needs now: the one that has most of the text, else the one longest without use.
    private func takeOver(for wish: Wish, among ids: Set<RequestID>) -> Int? {
        let free = slots.indices.filter { index in slots[index].owner.map { !ids.contains($0) } ?? true }
        if let (index, common) = kin(of: wish.tokens, tenant: wish.tenant), common > 1 {
            slots[index].owner = wish.id
            return index
        }
        func rank(_ index: Int) -> (Int, UInt64) { (slots[index].owner == nil ? 0 : 1, slots[index].lastUse) }
        guard let index = free.min(by: { rank($0) < rank($1) }) else { return nil }
        clear(index)
        (slots[index].owner, slots[index].tenant) = (wish.id, wish.tenant)
        return index
    }

    /// Nobody's slot any more that has most of a text.
    private func kin(of tokens: [Int32], tenant: UInt32) -> (slot: Int, common: Int)? {
        slots.indices.filter { slots[$0].owner == nil && slots[$0].tenant == tenant && !slots[$0].tokens.isEmpty }
            .map { ($0, Self.common(slots[$0].tokens, tokens)) }.max { $0.1 < $1.1 }
    }

    /// Makes room in the cache.
    private func giveUpOldest(but ids: Set<RequestID>) -> Bool {
        let others = slots.indices.filter { index in
            !slots[index].tokens.isEmpty && slots[index].owner.map { !ids.contains($0) } ?? true
        }
        guard let oldest = others.min(by: { slots[$0].lastUse < slots[$1].lastUse }) else { return false }
        clear(oldest)
        return true
    }

    private func clear(_ index: Int) {
        slots[index].sequence.truncate(to: 0)
        slots[index].tokens = []
        slots[index].owner = nil
    }

    private static func common(_ first: [Int32], _ second: [Int32]) -> Int {
        zip(first, second).prefix { $0 == $1 }.count
    }
}
