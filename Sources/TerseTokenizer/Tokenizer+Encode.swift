extension Tokenizer {
    /// Longer stretches of text are cut before they reach the model, which counts bytes in 32 bits.
    static let stretchBytesMax = 1 << 30

    /// The tokens of `text`.
    /// - Parameters:
    ///   - addSpecial: Puts before and after the text what the definition's `prefix` and `suffix` say.
    ///   - parseSpecial: Text that spells a control token becomes that token. User-defined tokens always do.
    ///   - forceBOS: The beginning-of-text token comes first in any case, if there is one.
    /// - Complexity: O(n log n) in the length of the text.
    public func encode(
        _ text: String, addSpecial: Bool = false, parseSpecial: Bool = false, forceBOS: Bool = false
    ) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(text.utf8.count / 3 + 8)
        if addSpecial { ids += definition.prefix }
        if forceBOS, let bos = definition.special.bos, ids.first != bos { ids.insert(bos, at: 0) }
        var text = text
        text.withUTF8 { encodeText($0, parseSpecial: parseSpecial, into: &ids) }
        if addSpecial { ids += definition.suffix }
        return ids
    }

    private func encodeText(_ bytes: UnsafeBufferPointer<UInt8>, parseSpecial: Bool, into ids: inout [Int32]) {
        var state = EncodingState()
        let spansUserDefined = normalizer.spansUserDefined
        let fragments = specialMatchers.raw(parseSpecial: parseSpecial).fragments(of: bytes, 0..<bytes.count)
        for (index, fragment) in fragments.enumerated() {
            switch fragment {
            case .token(let id):
                if spansUserDefined, !isBoundary(index, in: fragments), isBoundary(index - 1, in: fragments) {
                    let place = StretchPlace(isFirst: index == 0, startsText: true, endsText: false)
                    encodeStretch(UnsafeBufferPointer(rebasing: bytes[..<0]), place, parseSpecial, &state, into: &ids)
                }
                ids.append(id)
            case .text(let range):
                let place = StretchPlace(
                    isFirst: range.lowerBound == 0, startsText: isBoundary(index - 1, in: fragments),
                    endsText: isBoundary(index + 1, in: fragments))
                encodeStretch(UnsafeBufferPointer(rebasing: bytes[range]), place, parseSpecial, &state, into: &ids)
            }
        }
    }

    /// The tokens of a stretch between those that are spelled out in the raw text.
    private func encodeStretch(
        _ stretch: UnsafeBufferPointer<UInt8>, _ place: StretchPlace, _ parseSpecial: Bool,
        _ state: inout EncodingState, into ids: inout [Int32]
    ) {
        guard !normalizer.isEmpty else {
            return encodeNormalized(stretch, place.isFirst, parseSpecial, &state, into: &ids)
        }
        let normalized = normalizer.normalize(stretch, place)
        normalized.withUnsafeBufferPointer { encodeNormalized($0, place.isFirst, parseSpecial, &state, into: &ids) }
    }

    /// Whether the text begins or ends at fragment `index`: it is outside or a control token.
    private func isBoundary(_ index: Int, in fragments: [SpecialTokenMatcher.Fragment]) -> Bool {
        guard fragments.indices.contains(index) else { return true }
        guard case .token(let id) = fragments[index] else { return false }
        return definition.kinds[Int(id)] != .userDefined
    }

    private func encodeNormalized(
        _ bytes: UnsafeBufferPointer<UInt8>, _ isFirst: Bool, _ parseSpecial: Bool, _ state: inout EncodingState,
        into ids: inout [Int32]
    ) {
        for fragment in specialMatchers.normalized(parseSpecial: parseSpecial).fragments(of: bytes, 0..<bytes.count) {
            switch fragment {
            case .token(let id): ids.append(id)
            case .text(let range):
                let stretch = UnsafeBufferPointer(rebasing: bytes[range])
                preTokenizer.forEachPiece(of: stretch, isFirst: isFirst && range.lowerBound == 0) { piece in
                    encodePiece(piece, &state, into: &ids)
                }
            }
        }
    }

    private func encodePiece(
        _ piece: UnsafeBufferPointer<UInt8>, _ state: inout EncodingState, into ids: inout [Int32]
    ) {
        var rest = piece
        while rest.count > Self.stretchBytesMax {
            var cut = Self.stretchBytesMax
            while cut > 0, rest[cut] & 0xC0 == 0x80 { cut -= 1 }
            encodePiece(UnsafeBufferPointer(rebasing: rest[..<cut]), &state, into: &ids)
            rest = UnsafeBufferPointer(rebasing: rest[cut...])
        }
        switch model {
        case .bytePair(let model): model.encode(rest, &state.queue, into: &ids)
        case .sentencePieceBPE(let model): model.encode(rest, &state.queue, into: &ids)
        case .unigram(let model): model.encode(rest, &state.lattice, into: &ids)
        case .wordPiece(let model): model.encode(rest, into: &ids)
        }
    }
}

/// Memory that the models reuse from piece to piece.
struct EncodingState {
    var queue = MergeQueue()
    var lattice: [UnigramModel.Step] = []
}
