import TerseJSON
import TestSupport

/// Random schemas of the kind that strict structured outputs take, and with `isStrict` false of the common rest.
struct SchemaGenerator {
    private var random: SplitMix64
    private let isStrict: Bool

    init(seed: UInt64, isStrict: Bool) {
        random = SplitMix64(seed: seed)
        self.isStrict = isStrict
    }

    private static let patterns = [
        "^[a-z]{1,6}$", "^\\d{3}-\\d{4}$", "^(?:foo|bar|baz)+$", "[A-F0-9]{4}", "^\\+?[1-9][0-9]{1,5}$",
        "^[^\"\\\\]{1,4}$",
        "é|ü", "^\\s?\\w+\\S$", "^a.b$", "^[\\u0000-\\u001f]$", "x$", "^$|^y", "^\\p{Lu}x?$", "\\.", "^(a|b|)c{2,}?$",
    ].filter { !$0.contains("\\p") }  // Python's `re` has no properties.

    private static let formats = [
        "date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid",
    ]

    private static let names = [
        "id", "name", "kind", "value", "items", "next", "a b", "naïve", "quote\"d", "back\\slash", "x", "y", "$ref", "",
    ]

    /// A whole schema: a strict object, perhaps with definitions that refer to themselves.
    mutating func schema() -> JSONValue {
        guard case .object(var root) = object(depth: 0) else { return true }
        root["$defs"] = [
            "node": [
                "type": "object",
                "properties": ["label": string(), "next": ["anyOf": [["$ref": "#/$defs/node"], ["type": "null"]]]],
                "required": ["label", "next"], "additionalProperties": false,
            ],
            "tree": [
                "type": "object", "properties": ["children": ["type": "array", "items": ["$ref": "#/$defs/tree"]]],
                "required": ["children"], "additionalProperties": false,
            ],
            "leaf": number(),
        ]
        return .object(root)
    }

    private mutating func object(depth: Int) -> JSONValue {
        var properties = JSONObject()
        for _ in 0..<(1 + random.next(below: 4)) { properties[pick(Self.names)] = value(depth: depth + 1) }
        var schema: JSONObject = ["type": "object", "properties": .object(properties), "additionalProperties": false]
        if isStrict || chance(50) {
            schema["required"] = .array(properties.keys.map { .string($0) })
        } else {
            schema["required"] = .array(properties.keys.filter { _ in chance(40) }.map { .string($0) })
            switch random.next(below: 5) {
            case 0: schema["additionalProperties"] = value(depth: depth + 2)
            case 1: schema["patternProperties"] = ["^p_": number(), "[0-9]$": ["type": "integer"]]
            case 2: schema["maxProperties"] = .integer(Int64(properties.count + random.next(below: 2)))
            case 3:
                schema["additionalProperties"] = nil
                schema["propertyNames"] = ["maxLength": 12]
            default: break
            }
        }
        if chance(20) { schema["description"] = "An object." }
        return .object(schema)
    }

    private mutating func value(depth: Int) -> JSONValue {
        switch random.next(below: depth > 3 ? 5 : isStrict ? 10 : 12) {
        case 0: return string()
        case 1: return number()
        case 2: return enumeration()
        case 3: return pick([["type": "boolean"], ["type": "null"], ["const": "fixed"], ["type": ["string", "null"]]])
        case 4: return ["type": ["integer", "null"], "minimum": .integer(Int64(random.next(below: 9)))]
        case 5: return array(depth: depth)
        case 6: return ["anyOf": [value(depth: depth + 1), value(depth: depth + 1)]]
        case 7: return pick([["$ref": "#/$defs/node"], ["$ref": "#/$defs/tree"], ["$ref": "#/$defs/leaf"]])
        case 8, 9: return object(depth: depth)
        case 10:
            return pick([true, [:], ["allOf": [["type": "string"], ["minLength": 2]]], ["not": ["type": "object"]]])
        default:
            return ["oneOf": [["type": "string", "maxLength": 5], ["type": "array", "items": number()], number()]]
        }
    }

    private mutating func string() -> JSONValue {
        var schema: JSONObject = ["type": "string"]
        switch random.next(below: 5) {
        case 0: schema["pattern"] = .string(pick(Self.patterns))
        case 1: schema["format"] = .string(pick(Self.formats))
        case 2 where !isStrict:
            schema["minLength"] = .integer(Int64(random.next(below: 4)))
            schema["maxLength"] = .integer(Int64(4 + random.next(below: 9)))
        case 3 where !isStrict:
            schema["pattern"] = .string(pick(Self.patterns.filter { !$0.contains("{4}") && !$0.contains("\\d") }))
            schema["maxLength"] = 9
        default: break
        }
        return .object(schema)
    }

    private mutating func number() -> JSONValue {
        var schema: JSONObject = ["type": .string(chance(50) ? "integer" : "number")]
        let low = Int64(random.next(below: 4000)) - 2000
        let high = low + Int64(random.next(below: 3000))
        switch random.next(below: 6) {
        case 0:
            schema["minimum"] = .integer(low)
            schema["maximum"] = .integer(high)
        case 1: schema["exclusiveMinimum"] = .number(Double(low) / 8)
        case 2: schema["exclusiveMaximum"] = .integer(high)
        case 3: schema["multipleOf"] = pick([.integer(3), .integer(10), .integer(7), .number(0.5), .number(0.25), 100])
        case 4:
            schema["minimum"] = .number(Double(low) / 100)
            schema["exclusiveMaximum"] = .number(Double(high) / 100 + 1.5)
        default: break
        }
        return .object(schema)
    }

    private mutating func enumeration() -> JSONValue {
        pick([
            ["enum": ["red", "green", "blue \"sky\"", "ÿ\n"]], ["type": "string", "enum": ["a", "ab", "abc"]],
            ["enum": [1, 2.5, -3, 1000]], ["enum": [nil, true, "x", [1, "two"], ["k": nil]]],
            ["const": ["deep": [1, [2]]]],
        ])
    }

    private mutating func array(depth: Int) -> JSONValue {
        var schema: JSONObject = ["type": "array", "items": value(depth: depth + 1)]
        switch random.next(below: 4) {
        case 0: schema["minItems"] = .integer(Int64(random.next(below: 3)))
        case 1: schema["maxItems"] = .integer(Int64(random.next(below: 4)))
        case 2 where !isStrict:
            schema["prefixItems"] = [value(depth: depth + 1), value(depth: depth + 2)]
            schema["items"] = pick([false, true, ["type": "integer"]])
        default: break
        }
        return .object(schema)
    }

    private mutating func pick<Item>(_ items: [Item]) -> Item { items[random.next(below: items.count)] }
    private mutating func chance(_ percent: Int) -> Bool { random.next(below: 100) < percent }
}
