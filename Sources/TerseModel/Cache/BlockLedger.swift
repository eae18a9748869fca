/// Which blocks of a KV cache hold what: nothing, tokens of running sequences, or tokens kept because a prompt may begin with
/// them again. Blocks with full content are shared between sequences that begin alike; one with a part is kept for the next
/// sequence that goes on from it, which takes it over.
///
/// A value that knows numbers only, no memory: the cache's decisions can be tested and replayed without a model. Taking,
/// holding and releasing cost constant time.
public struct BlockLedger: Sendable {
    /// What stands in a cache from position 0 up to the end of a block: the same number, the same tokens.
    public struct Content: Hashable, Sendable {
        fileprivate let number: UInt64

        /// Before the first block, for sequences that may share with each other: one for each owner of secrets.
        public static func start(of realm: UInt32) -> Content { Content(number: UInt64(realm)) }
    }

    private struct Key: Hashable {
        let before: Content
        let tokens: [Int32]
    }

    private struct Block {
        /// Sequences that have it in their tables.
        var holderCount: UInt32 = 0
        var content: Content?
        /// What it holds; a part where there is no content.
        var key: Key?
        /// Neighbours among the kept blocks; -1 at the ends.
        var older: Int32 = -1
        var newer: Int32 = -1
    }

    private var blocks: [Block]
    /// Blocks without content or holders, the last to be taken next; low numbers first, so that few pages are touched.
    private var free: [UInt32]
    private var index: [Key: UInt32] = [:]
    /// The kept block with a part of what follows a content.
    private var parts: [Content: UInt32] = [:]
    private var oldestKept: Int32 = -1
    private var newestKept: Int32 = -1
    private var nextContent = UInt64(UInt32.max) + 1

    /// Blocks that nobody holds but whose tokens are kept.
    public private(set) var keptCount = 0
    /// Tokens in a block.
    public let blockTokens: Int

    public init(blockCount: Int, blockTokens: Int) {
        precondition(blockCount > 0 && blockCount <= Int(Int32.max) && blockTokens > 0)
        blocks = Array(repeating: Block(), count: blockCount)
        free = (0..<UInt32(blockCount)).reversed()
        self.blockTokens = blockTokens
    }

    /// About what the account of a block takes, its tokens included.
    public static let bytesPerBlock = 384

    public var blockCount: Int { blocks.count }
    /// Blocks that can be taken: free ones, and kept ones at the price of what they hold.
    public var availableCount: Int { free.count + keptCount }

    /// Takes a block for one sequence: a free one, else the one kept longest without use. Nil when all are held.
    public mutating func take() -> UInt32? {
        if let block = free.popLast() {
            blocks[Int(block)].holderCount = 1
            return block
        }
        guard oldestKept >= 0 else { return nil }
        let block = UInt32(oldestKept)
        unlink(block)
        forgetContent(block)
        blocks[Int(block)].holderCount = 1
        return block
    }

    /// The blocks that hold the longest beginning of `tokens` that there is, held from now on.
    public struct Prefix: Sendable, Equatable {
        /// In order; those with full content may be others' too, a last one with a part is not.
        public var blocks: [UInt32] = []
        /// Tokens that the blocks hold.
        public var tokenCount = 0
        /// What the full blocks end with.
        public var content: Content
    }

    /// Finds what the cache has of a sequence and holds it.
    ///
    /// - Parameters:
    ///   - start: where the sequence's realm begins.
    ///   - limit: the most tokens wanted: at least one must be computed to know what follows.
    public mutating func holdPrefix(
        of tokens: some RandomAccessCollection<Int32>, from start: Content, limit: Int
    ) -> Prefix {
        var prefix = Prefix(content: start)
        var rest = tokens.prefix(max(limit, 0))
        while rest.count >= blockTokens {
            let key = Key(before: prefix.content, tokens: Array(rest.prefix(blockTokens)))
            guard let block = index[key], let next = blocks[Int(block)].content else { break }
            hold(block)
            prefix.blocks.append(block)
            prefix.tokenCount += blockTokens
            prefix.content = next
            rest = rest.dropFirst(blockTokens)
        }
        if let block = parts[prefix.content], let part = blocks[Int(block)].key?.tokens {
            let common = zip(part, rest).prefix { $0 == $1 }.count
            guard common > 0 else { return prefix }
            hold(block)
            forgetContent(block)
            prefix.blocks.append(block)
            prefix.tokenCount += common
        }
        return prefix
    }

    /// As `release`, of a block whose only holder filled a part of it, which is kept in place of any such part kept before.
    public mutating func release(_ block: UInt32, holding tokens: some Collection<Int32>, after before: Content) {
        guard !tokens.isEmpty, blocks[Int(block)].holderCount == 1, blocks[Int(block)].content == nil else {
            return release(block)
        }
        if let other = parts[before] {
            unlink(other)
            forgetContent(other)
            free.append(other)
        }
        blocks[Int(block)].key = Key(before: before, tokens: Array(tokens))
        parts[before] = block
        release(block)
    }

    /// One holder less. Release a sequence's blocks from the last to the first: what follows is forgotten before what it
    /// follows.
    public mutating func release(_ block: UInt32) {
        precondition(blocks[Int(block)].holderCount > 0, "block \(block) has no holder")
        blocks[Int(block)].holderCount -= 1
        guard blocks[Int(block)].holderCount == 0 else { return }
        if blocks[Int(block)].key == nil { free.append(block) } else { link(block) }
    }

    /// Tells that a block is full, and of what, so that others can share it. When another block holds the same already, this
    /// one stays its holder's own.
    /// - Returns: what the cache holds up to the end of the block.
    public mutating func publish(_ block: UInt32, tokens: some Collection<Int32>, after before: Content) -> Content {
        precondition(tokens.count == blockTokens && blocks[Int(block)].holderCount > 0)
        let key = Key(before: before, tokens: Array(tokens))
        if let same = index[key], let content = blocks[Int(same)].content { return content }
        precondition(blocks[Int(block)].content == nil, "block \(block) is published already")
        let content = Content(number: nextContent)
        nextContent += 1
        blocks[Int(block)].content = content
        blocks[Int(block)].key = key
        index[key] = block
        return content
    }

    /// Forgets all that is kept and not held.
    public mutating func dropKept() {
        while oldestKept >= 0 {
            let block = UInt32(oldestKept)
            unlink(block)
            forgetContent(block)
            free.append(block)
        }
    }

    private mutating func hold(_ block: UInt32) {
        if blocks[Int(block)].holderCount == 0 { unlink(block) }
        blocks[Int(block)].holderCount += 1
    }

    private mutating func forgetContent(_ block: UInt32) {
        if let key = blocks[Int(block)].key {
            if blocks[Int(block)].content == nil { parts[key.before] = nil } else { index[key] = nil }
        }
        blocks[Int(block)].content = nil
        blocks[Int(block)].key = nil
    }

    private mutating func link(_ block: UInt32) {
        let number = Int32(block)
        blocks[Int(block)].older = newestKept
        blocks[Int(block)].newer = -1
        if newestKept >= 0 { blocks[Int(newestKept)].newer = number } else { oldestKept = number }
        newestKept = number
        keptCount += 1
    }

    private mutating func unlink(_ block: UInt32) {
        let (older, newer) = (blocks[Int(block)].older, blocks[Int(block)].newer)
        if older >= 0 { blocks[Int(older)].newer = newer } else { oldestKept = newer }
        if newer >= 0 { blocks[Int(newer)].older = older } else { newestKept = older }
        keptCount -= 1
    }

    /// What is wrong in the account, nil when nothing: each block is free, kept or held, and none lost or listed twice.
    /// - Parameter held: how many tables each block stands in.
    public func inconsistency(held: [UInt32: Int]) -> String? {
        var state = Array(repeating: 0, count: blocks.count)
        for block in free { state[Int(block)] += 1 }
        var (kept, cursor) = (0, oldestKept)
        while cursor >= 0, kept <= blocks.count {
            state[Int(cursor)] += 1
            kept += 1
            cursor = blocks[Int(cursor)].newer
        }
        guard kept == keptCount else { return "\(kept) blocks are linked as kept, \(keptCount) counted" }
        for (number, block) in blocks.enumerated() {
            let holders = held[UInt32(number)] ?? 0
            guard Int(block.holderCount) == holders else {
                return "block \(number) counts \(block.holderCount) holders, \(holders) tables have it"
            }
            guard state[number] == (holders == 0 ? 1 : 0) else {
                return "block \(number), in \(holders) tables, stands \(state[number]) times among free and kept blocks"
            }
            if let key = block.key {
                let place = block.content == nil ? parts[key.before] : index[key]
                guard place == UInt32(number), block.content != nil || holders == 0 else {
                    return "block \(number), in \(holders) tables, is not where its content is looked up"
                }
            }
        }
        let indexed = index.count + parts.count
        return indexed == blocks.count { $0.key != nil } ? nil : "\(indexed) contents are indexed"
    }
}
