extension [UInt8] {
    /// The first place of `part` from `start` on, in time linear in both whatever they hold (Knuth, Morris and Pratt).
    func firstOffset(of part: [UInt8], from start: Int = 0) -> Int? {
        guard start <= count else { return nil }
        guard let first = part.first else { return start }
        if part.count == 1 { return self[start...].firstIndex(of: first) }
        let borders = part.count > 16 ? part.borders : []
        return withUnsafeBufferPointer { text in
            part.withUnsafeBufferPointer { part in
                borders.isEmpty ? Self.scan(text, part, from: start) : Self.search(text, part, borders, from: start)
            }
        }
    }

    /// Places of `part`, none overlapping another, at most `limit`.
    func places(of part: [UInt8], limit: Int = .max) -> [Int] {
        var places: [Int] = []
        var start = 0
        while places.count < limit, let place = firstOffset(of: part, from: start) {
            places.append(place)
            start = place + Swift.max(part.count, 1)
        }
        return places
    }

    private static func scan(
        _ text: UnsafeBufferPointer<UInt8>, _ part: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int? {
        var place = start
        while place + part.count <= text.count {
            var matched = 0
            while matched < part.count, text[place + matched] == part[matched] { matched += 1 }
            if matched == part.count { return place }
            place += 1
        }
        return nil
    }

    private static func search(
        _ text: UnsafeBufferPointer<UInt8>, _ part: UnsafeBufferPointer<UInt8>, _ borders: [Int], from start: Int
    ) -> Int? {
        var matched = 0
        for index in start..<text.count {
            while matched > 0, text[index] != part[matched] { matched = borders[matched - 1] }
            if text[index] == part[matched] { matched += 1 }
            if matched == part.count { return index + 1 - matched }
        }
        return nil
    }

    /// For each prefix the length of the longest proper prefix of it that also ends it.
    private var borders: [Int] {
        var borders = [0]
        var length = 0
        for index in 1..<count {
            while length > 0, self[index] != self[length] { length = borders[length - 1] }
            if self[index] == self[length] { length += 1 }
            borders.append(length)
        }
        return borders
    }
}
