extension Interpreter {
    /// Filters over sequences and mappings.
    static let collectionFilters: [String: (parameters: [String], body: Filter)] = [
        "length": ([], { (i, v, _) throws(ChatError) in try i.length(v) }),
        "count": ([], { (i, v, _) throws(ChatError) in try i.length(v) }),
        "list": ([], { (i, v, _) throws(ChatError) in try i.list(try i.elements(of: v)) }),
        "first": ([], { (i, v, _) throws(ChatError) in try i.first(v) }),
        "last": ([], { (i, v, _) throws(ChatError) in try i.last(v) }),
        "reverse": ([], { (i, v, _) throws(ChatError) in try i.reversed(v) }),
        "join": (["d", "attribute"], { (i, v, a) throws(ChatError) in try i.joined(v, a) }),
        "items": ([], { (i, v, _) throws(ChatError) in try i.items(v) }),
        "dictsort": (
            ["case_sensitive", "by", "reverse"], { (i, v, a) throws(ChatError) in try i.dictionarySorted(v, a) }
        ),
        "sort": (
            ["reverse", "case_sensitive", "attribute"], { (i, v, a) throws(ChatError) in try i.sorted(v, a) }
        ),
        "unique": (["case_sensitive", "attribute"], { (i, v, a) throws(ChatError) in try i.unique(v, a) }),
        "min": (
            ["case_sensitive", "attribute"], { (i, v, a) throws(ChatError) in try i.extreme(v, a, greatest: false) }
        ),
        "max": (
            ["case_sensitive", "attribute"], { (i, v, a) throws(ChatError) in try i.extreme(v, a, greatest: true) }
        ),
        "sum": (["attribute", "start"], { (i, v, a) throws(ChatError) in try i.sum(v, a) }),
        "groupby": (
            ["attribute", "default", "case_sensitive"], { (i, v, a) throws(ChatError) in try i.grouped(v, a) }
        ),
        "batch": (["linecount", "fill_with"], { (i, v, a) throws(ChatError) in try i.batched(v, a) }),
        "slice": (["slices", "fill_with"], { (i, v, a) throws(ChatError) in try i.sliced(v, a) }),
    ]

    private func length(_ value: Value) throws(ChatError) -> Value {
        if case .loop(let loop) = value { return try loop.attribute("length", self) ?? .none }
        guard let count = value.count else { throw failure("object of type '\(value.typeName)' has no len()") }
        return .integer(count)
    }

    private func first(_ value: Value) throws(ChatError) -> Value {
        try makeIterator(value).next() ?? .undefined(.because("no first item, sequence was empty"))
    }

    private func last(_ value: Value) throws(ChatError) -> Value {
        if case .iterator(let iterator) = value {
            throw failure("'\(iterator.typeName)' object is not reversible")
        }
        return try elements(of: value).last ?? .undefined(.because("no last item, sequence was empty"))
    }

    private func reversed(_ value: Value) throws(ChatError) -> Value {
        switch value {
        case .string(let text), .markup(let text):
            let result = try string(String(scalars: text.unicodeScalars.reversed()))
            return value.isMarkup ? .markup(result.text ?? "") : result
        case .iterator: return try list(try elements(of: value).reversed())
        default:
            guard value.count != nil else { throw failure("argument must be iterable") }
            let list = try valueList(try elements(of: value).reversed())
            let source = Self.iterator(list.elements, depth: list.depth)
            return .iterator(
                ValueIterator(depth: list.depth, typeName: "reversed") { () throws(ChatError) in try source.next() })
        }
    }

    private func joined(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        let separator = try text(of: arguments[0] ?? .string(""))
        let path = try arguments[1].map { (a) throws(ChatError) in try attributePath(a) } ?? []
        let iterator = try makeIterator(value)
        var result = ""
        var isFirst = true
        while let element = try iterator.next() {
            if !isFirst { result += separator }
            isFirst = false
            result += try text(of: try follow(path, from: element, default: nil))
            try charge(1)
            if result.utf8.count > limits.maximumOutputBytes { break }
        }
        return try string(result)
    }

    private func items(_ value: Value) throws(ChatError) -> Value {
        switch value {
        case .undefined: return try iterator(over: Self.iterator([], depth: 0)) { _ throws(ChatError) in nil }
        case .dictionary(let dictionary):
            let view = Value.view(DictionaryView(kind: .items, dictionary: dictionary))
            return try iterator(over: try makeIterator(view)) { source throws(ChatError) in try source.next() }
        default:
            // Python's generator fails when it is first read.
            let error = failure("can only get item pairs from a mapping")
            return .iterator(ValueIterator(depth: 0) { () throws(ChatError) in throw error })
        }
    }

    // MARK: Order

    /// Strings in lower case unless case counts.
    private func sortKey(_ value: Value, isCaseSensitive: Bool) throws(ChatError) -> Value {
        guard !isCaseSensitive, let text = value.text else { return value }
        try charge(text.utf8.count / 16)
        return .string(text.pythonLowercased)
    }

    /// Sorts `values` by `keys`, stably also in reverse.
    private func sort(_ values: [Value], by keys: [Value], reverse: Bool) throws(ChatError) -> [Value] {
        var order = Array(values.indices)
        var merged = order
        var width = 1
        while width < order.count {
            for start in stride(from: 0, to: order.count, by: 2 * width) {
                let middle = min(start + width, order.count)
                let end = min(start + 2 * width, order.count)
                var (left, right) = (start, middle)
                for position in start..<end {
                    var takesRight = left == middle
                    if left < middle, right < end {
                        let (first, second) = (keys[order[left]], keys[order[right]])
                        takesRight = reverse ? try less(first, second) : try less(second, first)
                    }
                    merged[position] = takesRight ? order[right] : order[left]
                    if takesRight { right += 1 } else { left += 1 }
                }
            }
            swap(&order, &merged)
            width *= 2
        }
        return order.map { values[$0] }
    }

    private func sorted(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        let isCaseSensitive = arguments[1]?.isTrue ?? false
        var paths: [[Value]] = []
        if let text = arguments[2]?.text {
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                paths.append(try attributePath(.string(String(part))))
            }
        } else {
            paths = [try attributePath(arguments[2] ?? .none)]
        }
        let values = try elements(of: value)
        var keys: [Value] = []
        for element in values {
            var parts: [Value] = []
            for path in paths {
                parts.append(
                    try sortKey(try follow(path, from: element, default: nil), isCaseSensitive: isCaseSensitive))
            }
            keys.append(try list(parts))
        }
        return try list(try sort(values, by: keys, reverse: arguments[0]?.isTrue ?? false))
    }

    private func dictionarySorted(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        if case .undefined(let undefined) = value { throw failure(undefined) }
        guard case .dictionary(let dictionary) = value else {
            throw failure("dictsort takes a mapping, found '\(value.typeName)'")
        }
        let by = arguments[1]?.text ?? "key"
        guard by == "key" || by == "value" else {
            throw failure("dictsort sorts by \"key\" or \"value\", not \"\(by)\"")
        }
        let isCaseSensitive = arguments[0]?.isTrue ?? false
        var keys: [Value] = []
        var pairs: [Value] = []
        for entry in dictionary.entries {
            keys.append(try sortKey(by == "key" ? entry.key : entry.value, isCaseSensitive: isCaseSensitive))
            pairs.append(try tuple([entry.key, entry.value]))
        }
        return try list(try sort(pairs, by: keys, reverse: arguments[2]?.isTrue ?? false))
    }

    private func extreme(_ value: Value, _ arguments: [Value?], greatest: Bool) throws(ChatError) -> Value {
        let isCaseSensitive = arguments[0]?.isTrue ?? false
        let path = try attributePath(arguments[1] ?? .none)
        let iterator = try makeIterator(value)
        var best: (value: Value, key: Value)?
        while let element = try iterator.next() {
            let key = try sortKey(try follow(path, from: element, default: nil), isCaseSensitive: isCaseSensitive)
            if let current = best {
                let isBetter = greatest ? try less(current.key, key, ">") : try less(key, current.key)
                if isBetter { best = (element, key) }
            } else {
                best = (element, key)
            }
        }
        return best?.value ?? .undefined(.because("no aggregated item, sequence was empty"))
    }

    // MARK: Groups

    private func unique(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        let isCaseSensitive = arguments[0]?.isTrue ?? false
        let path = try attributePath(arguments[1] ?? .none)
        var seen = Set<DictionaryKey>()
        return try iterator(over: try makeIterator(value)) { [unowned self] source throws(ChatError) in
            while let element = try source.next() {
                let key = try self.sortKey(
                    try self.follow(path, from: element, default: nil), isCaseSensitive: isCaseSensitive)
                try self.requireHashable(key)
                if seen.insert(DictionaryKey(key)).inserted { return element }
            }
            return nil
        }
    }

    private func grouped(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        guard let attribute = arguments[0] else { throw failure("groupby takes an attribute") }
        let path = try attributePath(attribute)
        let fallback = arguments[1].flatMap { $0.isNone ? nil : $0 }
        let isCaseSensitive = arguments[2]?.isTrue ?? false
        let values = try elements(of: value)
        var keys: [Value] = []
        for element in values {
            keys.append(
                try sortKey(try follow(path, from: element, default: fallback), isCaseSensitive: isCaseSensitive))
        }
        let order = try sort(values.indices.map { .integer($0) }, by: keys, reverse: false).compactMap(\.integer)
        var groups: [(key: Value, members: [Value])] = []
        for index in order {
            if let last = groups.last, try equal(last.key, keys[index]) {
                groups[groups.count - 1].members.append(values[index])
            } else {
                groups.append((keys[index], [values[index]]))
            }
        }
        var result: [Value] = []
        for group in groups {
            let key =
                isCaseSensitive ? group.key : try follow(path, from: group.members[0], default: fallback)
            var pair = try valueList([key, try list(group.members)])
            pair.isGroup = true
            result.append(.tuple(pair))
        }
        return try list(result)
    }

    private func batched(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        guard let size = arguments[0]?.integer else { throw failure("batch takes a whole number") }
        let filler = arguments[1].flatMap { $0.isNone ? nil : $0 }
        return try iterator(over: try makeIterator(value)) { [unowned self] source throws(ChatError) in
            var batch: [Value] = []
            while batch.count < max(size, 1), let element = try source.next() { batch.append(element) }
            guard !batch.isEmpty else { return nil }
            if let filler, batch.count < size {
                try self.charge(size - batch.count)
                batch += [Value](repeating: filler, count: size - batch.count)
            }
            return try self.list(batch)
        }
    }

    private func sliced(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        guard let count = arguments[0]?.integer else { throw failure("slice takes a whole number") }
        guard count != 0 else { throw failure("division by zero") }
        let filler = arguments[1].flatMap { $0.isNone ? nil : $0 }
        let values = try elements(of: value)
        try charge(max(count, 0))
        guard count > 0 else { return try iterator(over: Self.iterator([], depth: 0)) { _ throws(ChatError) in nil } }
        let (size, extra) = values.count.quotientAndRemainder(dividingBy: count)
        var slices: [Value] = []
        var start = 0
        for index in 0..<count {
            let end = start + size + (index < extra ? 1 : 0)
            var slice = Array(values[start..<end])
            if let filler, index >= extra { slice.append(filler) }
            slices.append(try list(slice))
            start = end
        }
        let list = try valueList(slices)
        return try iterator(over: Self.iterator(list.elements, depth: list.depth)) { source throws(ChatError) in
            try source.next()
        }
    }

    private func sum(_ value: Value, _ arguments: [Value?]) throws(ChatError) -> Value {
        let path = try attributePath(arguments[0] ?? .none)
        var total = arguments[1] ?? .integer(0)
        guard total.text == nil else { throw failure("sum cannot add strings") }
        let iterator = try makeIterator(value)
        while let element = try iterator.next() {
            total = try binary("+", total, try follow(path, from: element, default: nil))
        }
        return total
    }
}
