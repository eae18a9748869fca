import TerseJSON

/// A text, or the tokens of one.
enum PromptInput: Sendable, Equatable {
    case text(String)
    case tokens([Int32])

    /// Reads a string, strings, token ids or lists of token ids.
    /// - Throws: `APIError` naming the parameter.
    static func list(_ fields: inout FieldReader, _ member: String) throws(APIError) -> [PromptInput] {
        guard let value = fields.value(member) else { throw fields.missing(member) }
        if let text = value.stringValue { return [.text(text)] }
        guard let elements = value.arrayValue, !elements.isEmpty else {
            throw fields.wrongType(member, "a string, strings, token ids or lists of them", value)
        }
        if case .integer = elements[0] { return [.tokens(try tokens(elements, member))] }
        guard elements.count <= APILimits.inputsMax else {
            throw .invalid(
                "\(member): expected at most \(APILimits.inputsMax) inputs, found \(elements.count)", parameter: member)
        }
        var inputs: [PromptInput] = []
        for (index, element) in elements.enumerated() {
            let name = "\(member)[\(index)]"
            switch element {
            case .string(let text): inputs.append(.text(text))
            case .array(let ids): inputs.append(.tokens(try tokens(ids, name)))
            default:
                throw .invalid("\(name): expected a string or token ids, found \(element.kindName)", parameter: member)
            }
        }
        return inputs
    }

    /// - Throws: `APIError` naming the parameter.
    static func tokens(_ elements: [JSONValue], _ name: String) throws(APIError) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(elements.count)
        for element in elements {
            guard case .integer(let number) = element, let id = Int32(exactly: number), id >= 0 else {
                throw .invalid("\(name): expected token ids, found \(element.serialized().prefix(40))", parameter: name)
            }
            ids.append(id)
        }
        return ids
    }
}
