/// The state of one `for` loop and what templates see of it as `loop`.
final class LoopContext {
    private var source: ValueIterator
    private var knownCount: Int?
    private(set) var index0 = -1
    /// Read ahead; the outer optional tells whether it was.
    private var following: Value??
    private var current: Value?
    private var previous: Value?
    private var lastChecked: [Value]?
    let depth0: Int
    /// Of the values looped over.
    let valueDepth: Int
    /// Set for recursive loops: the loop and the scope that it stands in.
    let recursion: (loop: ForLoop, scope: Scope)?

    /// - Parameter count: how many elements `source` gives, when that is known without reading them.
    init(
        source: ValueIterator, count: Int?, depth0: Int, recursion: (loop: ForLoop, scope: Scope)?
    ) {
        self.source = source
        knownCount = count
        self.depth0 = depth0
        self.recursion = recursion
        valueDepth = source.depth + 1
    }

    func next() throws(ChatError) -> Value? {
        let element: Value?
        if let following {
            element = following
            self.following = nil
        } else {
            element = try source.next()
        }
        guard let element else {
            following = .some(nil)
            return nil
        }
        index0 += 1
        previous = current
        current = element
        return element
    }

    private func peek() throws(ChatError) -> Value? {
        if let following { return following }
        let element = try source.next()
        following = .some(element)
        return element
    }

    private func count(_ interpreter: Interpreter) throws(ChatError) -> Int {
        if let knownCount { return knownCount }
        var rest: [Value] = []
        while let element = try source.next() {
            try interpreter.charge(1)
            rest.append(element)
        }
        var position = 0
        source = ValueIterator(depth: source.depth) { () throws(ChatError) in
            defer { position += 1 }
            return position < rest.count ? rest[position] : nil
        }
        let ahead = if case .some(.some) = following { 1 } else { 0 }
        let count = rest.count + index0 + 1 + ahead
        knownCount = count
        return count
    }

    /// nil when there is no such attribute.
    func attribute(_ name: String, _ interpreter: Interpreter) throws(ChatError) -> Value? {
        switch name {
        case "index": return .integer(index0 + 1)
        case "index0": return .integer(index0)
        case "revindex": return .integer(try count(interpreter) - index0)
        case "revindex0": return .integer(try count(interpreter) - index0 - 1)
        case "length": return .integer(try count(interpreter))
        case "first": return .bool(index0 == 0)
        case "last": return .bool(try peek() == nil)
        case "depth": return .integer(depth0 + 1)
        case "depth0": return .integer(depth0)
        case "previtem":
            guard index0 > 0, let previous else { return .undefined(.because("there is no previous item")) }
            return previous
        case "nextitem": return try peek() ?? .undefined(.because("there is no next item"))
        case "cycle", "changed": return .function(.method(of: .loop(self), name))
        default: return nil
        }
    }

    func cycle(_ values: [Value], _ interpreter: Interpreter) throws(ChatError) -> Value {
        guard !values.isEmpty else { throw interpreter.failure("no items for cycling given") }
        return values[max(index0, 0) % values.count]
    }

    /// Whether `values` differ from those of the last call.
    func changed(_ values: [Value], _ interpreter: Interpreter) throws(ChatError) -> Bool {
        if let lastChecked, lastChecked.count == values.count {
            var isSame = true
            for (old, new) in zip(lastChecked, values) where isSame { isSame = try interpreter.equal(old, new) }
            if isSame { return false }
        }
        lastChecked = values
        return true
    }
}
