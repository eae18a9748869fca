import TerseJSON
import TestSupport

/// Changes of single values of a JSON document.
enum JSONDamage {
    private static let hostile: [JSONValue] = [
        nil, true, 0, -1, 1, 255, 65_536, 2_147_483_648, 9_223_372_036_854_775_807, 1e308, -0.5, "", "x", "Sequence",
        "▁",
        " ", "\u{0}", "[UNK]", [], ["a", "b"], [["a", -1]], [:], ["type": "Sequence"], ["type": "ByteLevel"],
        ["String": ""], ["Regex": " {2,}"],
    ]

    /// `value` with one of the values in it replaced, removed or doubled, near the root as likely as deep in a list.
    static func apply(to value: JSONValue, _ random: inout SplitMix64) -> JSONValue {
        switch value {
        case .object(let object) where !object.isEmpty && random.next(below: 8) > 0:
            var object = object
            let key = object.keys[random.next(below: object.count)]
            switch random.next(below: 6) {
            case 0: object[key] = nil
            case 1: object[key] = hostile[random.next(below: hostile.count)]
            case 2:
                object[object.keys[random.next(below: object.count)]] = object[key]
            default: object[key] = apply(to: object[key] ?? nil, &random)
            }
            return .object(object)
        case .array(var array) where !array.isEmpty && random.next(below: 8) > 0:
            let index = random.next(below: array.count)
            switch random.next(below: 6) {
            case 0: array.remove(at: index)
            case 1: array[index] = hostile[random.next(below: hostile.count)]
            case 2: array.append(array[index])
            default: array[index] = apply(to: array[index], &random)
            }
            return .array(array)
        default: return hostile[random.next(below: hostile.count)]
        }
    }
}
