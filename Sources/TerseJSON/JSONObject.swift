/// Members of a JSON object in the order in which they were written.
///
/// Keys are unique and compared byte for byte: `"é"` composed and decomposed are different keys, where Swift's `String`
/// equality calls them the same (vocabularies hold both). Look-up is by a scan while there are few members and by a hash
/// table after; the hash is seeded for each process, so chosen keys cannot make it slow.
public struct JSONObject: Sendable {
    public typealias Member = (key: String, value: JSONValue)

    /// In order of first insertion.
    public private(set) var members: [Member] = []
    /// Open addressing, a power of two of slots, at most half full: position of a member, or `JSONObject.free`.
    /// Empty while `members` are few.
    private var table: [Int32] = []

    private static let free: Int32 = -1
    private static let scannedCount = 8

    public init() {}

    /// - Parameter members: a repeated key replaces the earlier value.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        for (key, value) in members { self[key] = value }
    }

    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }
    public var keys: [String] { members.map(\.key) }
    public var values: [JSONValue] { members.map(\.value) }

    /// Reads nil when the key is absent. Setting nil removes the member in time linear in the count.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            guard let newValue else {
                remove(key)
                return
            }
            if let position = insert(key, newValue) { members[position].value = newValue }
        }
    }

    /// Appends a member, unless the key is there already.
    /// - Returns: the position of the member that has this key already, nil when it was appended.
    @discardableResult
    mutating func insert(_ key: String, _ value: JSONValue) -> Int? {
        precondition(members.count < Int(Int32.max) / 4, "an object of 2^29 members")
        if table.isEmpty {
            if let position = scan(for: key) { return position }
            members.append((key, value))
            if members.count > Self.scannedCount { rebuildTable() }
            return nil
        }
        let slot = slot(of: key)
        if table[slot] != Self.free { return Int(table[slot]) }
        table[slot] = Int32(members.count)
        members.append((key, value))
        if members.count * 2 > table.count { rebuildTable() }
        return nil
    }

    mutating func replace(at position: Int, with value: JSONValue) { members[position].value = value }

    private func position(of key: String) -> Int? {
        if table.isEmpty { return scan(for: key) }
        let position = table[slot(of: key)]
        return position == Self.free ? nil : Int(position)
    }

    private mutating func remove(_ key: String) {
        guard let position = position(of: key) else { return }
        members.remove(at: position)
        if !table.isEmpty { rebuildTable() }
    }

    private func scan(for key: String) -> Int? {
        members.firstIndex { $0.key.hasSameBytes(as: key) }
    }

    /// The slot that holds `key`, or the free one where it belongs.
    private func slot(of key: String) -> Int {
        let mask = table.count - 1
        var slot = key.byteHash & mask
        while table[slot] != Self.free, !members[Int(table[slot])].key.hasSameBytes(as: key) {
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func rebuildTable() {
        var slots = 32
        while slots < members.count * 4 { slots *= 2 }
        table = [Int32](repeating: Self.free, count: slots)
        for (position, member) in members.enumerated() {
            var slot = member.key.byteHash & (slots - 1)
            while table[slot] != Self.free { slot = (slot + 1) & (slots - 1) }
            table[slot] = Int32(position)
        }
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}

/// The same members with equal values, in whatever order.
extension JSONObject: Equatable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

extension String {
    /// Equality of UTF-8 bytes, where `==` is equality up to canonical equivalence.
    func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }

    /// Not negative.
    fileprivate var byteHash: Int {
        var hasher = Hasher()
        let fed: Void? = utf8.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        if fed == nil { for byte in utf8 { hasher.combine(byte) } }
        return hasher.finalize() & Int.max
    }
}
