extension TokenizerDefinition {
    /// The bytes of text that each token stands for. Tokens sought in normalised text stand for what they look like
    /// there.
    func decodedPieces(_ normalizer: Normalizer) -> ByteStrings {
        var pieces = ByteStrings()
        pieces.reserveCapacity(tokens.count, bytes: tokens.byteCount)
        var scratch: [UInt8] = []
        let place = StretchPlace(isFirst: true, startsText: true, endsText: true)
        tokens.arena.withUnsafeBufferPointer { arena in
            for id in 0..<tokens.count {
                let text = UnsafeBufferPointer(rebasing: arena[tokens.range(id)])
                scratch.removeAll(keepingCapacity: true)
                if !normalizer.isEmpty, let traits = traits[Int32(id)], traits.normalized {
                    let normalized = normalizer.normalize(text, place)
                    normalized.withUnsafeBufferPointer { decode($0, .normal, into: &scratch) }
                } else {
                    decode(text, kinds[id], into: &scratch)
                }
                pieces.append(scratch)
            }
        }
        return pieces
    }

    private func decode(_ text: UnsafeBufferPointer<UInt8>, _ kind: TokenKind, into bytes: inout [UInt8]) {
        if kind == .byte, let byte = Self.byte(spelled: Array(text)[...]) { return bytes.append(byte) }
        if case .wordPieces(let prefix) = decoding.spelling {
            if text.starts(with: prefix.utf8), text.count > prefix.utf8.count {
                bytes.append(contentsOf: text.dropFirst(prefix.utf8.count))
            } else {
                bytes.append(0x20)
                bytes.append(contentsOf: text)
            }
        } else if kind.isSpecial || kind == .userDefined {
            bytes.append(contentsOf: text)
        } else if decoding.spelling == .metaspace {
            Self.replaceMetaspace(text, into: &bytes)
        } else if decoding.spelling == .plain || !ByteAlphabet.read(text, into: &bytes) {
            bytes.append(contentsOf: text)
        }
        if decoding.cleansUpSpaces, bytes.count >= 2, bytes[0] == 0x20, ".?!,".utf8.contains(bytes[1]) {
            bytes.removeFirst()
        }
    }

    /// Appends `text` with spaces for `▁`.
    static func replaceMetaspace(_ text: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) {
        var index = 0
        while index < text.count {
            if text[index] == 0xE2, index + 2 < text.count, text[index + 1] == 0x96, text[index + 2] == 0x81 {
                bytes.append(0x20)
                index += 3
            } else {
                bytes.append(text[index])
                index += 1
            }
        }
    }
}
