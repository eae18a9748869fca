import TestSupport

@testable import TerseTokenizer

/// Changes of single fields that leave a definition odd or contradictory.
enum DefinitionDamage {
    static func apply(
        to definition: inout TokenizerDefinition, _ others: [TokenizerDefinition], _ random: inout SplitMix64
    ) {
        let count = definition.tokens.count
        let id = random.next(below: count)
        let hostileIDs: [Int32] = [-1, 0, Int32(count - 1), Int32(count), .max, .min]
        let hostile = hostileIDs[random.next(below: hostileIDs.count)]
        let other = others[random.next(below: others.count)]
        switch random.next(below: 18) {
        case 0: definition.algorithm = other.algorithm
        case 1: definition.tokens.replace(id, with: [])
        case 2: definition.tokens.replace(id, with: Array(definition.tokens[random.next(below: count)]))
        case 3: definition.tokens.replace(id, with: [0xFF, 0xE2, 0x96])
        case 4: definition.tokens.replace(id, with: Array(repeating: 0x61, count: random.next(below: 70_000)))
        case 5 where id < definition.kinds.count:
            definition.kinds[id] = TokenKind(rawValue: Int32(random.next(below: 7))) ?? .normal
        case 6: definition.kinds = definition.kinds.dropLast()
        case 7: definition.scores = other.scores
        case 8:
            if !definition.scores.isEmpty {
                definition.scores[id % definition.scores.count] =
                    [.nan, .infinity, -0, 1e38, -1e38][random.next(below: 5)]
            }
        case 9: definition.special.unknown = hostile
        case 10: definition.prefix = [hostile]
        case 11: definition.normalization = other.normalization
        case 12: definition.preTokenization = other.preTokenization + definition.preTokenization
        case 13: definition.decoding = other.decoding
        case 14: definition.byteFallback.toggle()
        case 15: definition.traits[hostile] = TokenTraits(stripsLeft: true, stripsRight: true, normalized: true)
        case 16: definition.endOfText.insert(hostile)
        default:
            definition.preTokenization =
                (try? NamedPreTokenizer.named(
                    NamedPreTokenizer.names[random.next(below: NamedPreTokenizer.names.count)]
                ).steps) ?? []
        }
    }
}
