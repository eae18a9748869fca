import Foundation

extension Interpreter {
    // MARK: Arithmetic

    func binary(_ operation: String, _ left: Value, _ right: Value) throws(ChatError) -> Value {
        if operation == "%", let format = left.text {
            let formatted = try self.string(try percentFormat(format, right))
            if case .markup = left { return .markup(formatted.text ?? "") }
            return formatted
        }
        if case .undefined(let undefined) = left { throw failure(undefined) }
        if case .undefined(let undefined) = right { throw failure(undefined) }
        if let left = left.integer, let right = right.integer { return try integers(operation, left, right) }
        if let left = left.double, let right = right.double { return try numbers(operation, left, right) }
        switch operation {
        case "+": if let sum = try sum(left, right) { return sum }
        case "*":
            if let count = right.integer, let product = try repeated(left, count) { return product }
            if let count = left.integer, let product = try repeated(right, count) { return product }
        default: break
        }
        throw failure(
            "unsupported operand types for \(operation): '\(left.typeName)' and '\(right.typeName)'")
    }

    private func sum(_ left: Value, _ right: Value) throws(ChatError) -> Value? {
        switch (left, right) {
        case (.string(let left), .string(let right)): return try string(left + right)
        case (.markup(let left), _):
            guard let right = right.text.map({ (text) in right.isMarkup ? text : text.escapedForHTML }) else {
                return nil
            }
            return .markup(try string(left + right).text ?? "")
        case (.string(let left), .markup(let right)):
            return .markup(try string(left.escapedForHTML + right).text ?? "")
        case (.list(let left), .list(let right)): return try list(left.elements + right.elements)
        case (.tuple(let left), .tuple(let right)): return try tuple(left.elements + right.elements)
        default: return nil
        }
    }

    private func repeated(_ value: Value, _ count: Int) throws(ChatError) -> Value? {
        let times = max(count, 0)
        switch value {
        case .string(let text), .markup(let text):
            try checkSize(Self.product(text.utf8.count, times))
            let result = String(repeating: text, count: times)
            return value.isMarkup ? .markup(result) : .string(result)
        case .list(let list), .tuple(let list):
            let total = Self.product(list.elements.count, times)
            try charge(total)
            var elements: [Value] = []
            elements.reserveCapacity(total)
            for _ in 0..<(list.elements.isEmpty ? 0 : times) { elements += list.elements }
            if case .list = value { return try self.list(elements) }
            return try tuple(elements)
        default: return nil
        }
    }

    /// Of numbers that are not negative; the greatest integer where it would be more.
    private static func product(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }

    private func integers(_ operation: String, _ left: Int, _ right: Int) throws(ChatError) -> Value {
        let result: (partialValue: Int, overflow: Bool)
        switch operation {
        case "+": result = left.addingReportingOverflow(right)
        case "-": result = left.subtractingReportingOverflow(right)
        case "*": result = left.multipliedReportingOverflow(by: right)
        case "/", "//", "%":
            guard right != 0 else { throw failure("division by zero") }
            if operation == "/" { return .number(Double(left) / Double(right)) }
            let quotient = left.dividedReportingOverflow(by: right)
            let remainder = left.remainderReportingOverflow(dividingBy: right).partialValue
            let isBelow = remainder != 0 && (remainder < 0) != (right < 0)
            if operation == "%" { return .integer(isBelow ? remainder + right : remainder) }
            result = isBelow ? (quotient.partialValue - 1, false) : quotient
        case "**":
            if right < 0 { return try numbers(operation, Double(left), Double(right)) }
            return .integer(try power(left, right))
        default: throw failure("unknown operator \(operation)")
        }
        guard !result.overflow else { throw overflow }
        return .integer(result.partialValue)
    }

    private var overflow: ChatError {
        failure("the result of an operation on integers has more than 64 bits", .unsupported)
    }

    private func power(_ base: Int, _ exponent: Int) throws(ChatError) -> Int {
        var result = 1
        if base == 0 || base == 1 { return exponent == 0 ? 1 : base }
        if base == -1 { return exponent % 2 == 0 ? 1 : -1 }
        guard exponent < 64 else { throw overflow }
        for _ in 0..<exponent {
            let product = result.multipliedReportingOverflow(by: base)
            guard !product.overflow else { throw overflow }
            result = product.partialValue
        }
        return result
    }

    private func numbers(_ operation: String, _ left: Double, _ right: Double) throws(ChatError) -> Value {
        switch operation {
        case "+": return .number(left + right)
        case "-": return .number(left - right)
        case "*": return .number(left * right)
        case "**":
            guard !(left == 0 && right < 0) else { throw failure("0.0 cannot be raised to a negative power") }
            let result = pow(left, right)
            guard !(left < 0 && right != right.rounded() && left.isFinite && right.isFinite) else {
                throw failure("complex numbers are not supported", .unsupported)
            }
            guard result.isFinite || !left.isFinite || !right.isFinite else { throw failure("result too large") }
            return .number(result)
        case "/", "//", "%":
            guard right != 0 else { throw failure("float division by zero") }
            if operation == "/" { return .number(left / right) }
            var remainder = fmod(left, right)
            var quotient = (left - remainder) / right
            if remainder != 0, (remainder < 0) != (right < 0) {
                remainder += right
                quotient -= 1
            } else if remainder == 0 {
                remainder = Double(signOf: right, magnitudeOf: 0)
            }
            if operation == "%" { return .number(remainder) }
            guard quotient != 0 else { return .number(Double(signOf: left / right, magnitudeOf: 0)) }
            let floor = quotient.rounded(.down)
            return .number(quotient - floor > 0.5 ? floor + 1 : floor)
        default: throw failure("unknown operator \(operation)")
        }
    }

    func negative(_ value: Value) throws(ChatError) -> Value {
        if let integer = value.integer {
            guard integer != .min else { throw overflow }
            return .integer(-integer)
        }
        if case .number(let number) = value { return .number(-number) }
        if case .undefined(let undefined) = value { throw failure(undefined) }
        throw failure("bad operand type for unary -: '\(value.typeName)'")
    }

    func positive(_ value: Value) throws(ChatError) -> Value {
        if let integer = value.integer { return .integer(integer) }
        if case .number = value { return value }
        if case .undefined(let undefined) = value { throw failure(undefined) }
        throw failure("bad operand type for unary +: '\(value.typeName)'")
    }

    // MARK: Comparison

    func compare(_ operation: String, _ left: Value, _ right: Value) throws(ChatError) -> Bool {
        switch operation {
        case "==": return try equal(left, right)
        case "!=": return try !equal(left, right)
        case "<": return try less(left, right, "<")
        case ">": return try less(right, left, ">")
        case "<=": return try lessOrEqual(left, right, "<=")
        case ">=": return try lessOrEqual(right, left, ">=")
        case "in": return try contains(right, left)
        default: return try !contains(right, left)
        }
    }

    func equal(_ left: Value, _ right: Value) throws(ChatError) -> Bool {
        try enter()
        defer { leave() }
        if let left = left.text, let right = right.text {
            try charge(min(left.utf8.count, right.utf8.count) / 16)
            return left.isSameText(as: right)
        }
        if let left = left.integer, let right = right.integer { return left == right }
        if let leftNumber = left.double, let rightNumber = right.double {
            return Self.order(left, right) == 0
                || (leftNumber == rightNumber && left.integer == nil && right.integer == nil)
        }
        switch (left, right) {
        case (.none, .none), (.undefined, .undefined): return true
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            guard left.elements.count == right.elements.count else { return false }
            for (left, right) in zip(left.elements, right.elements) where try !equal(left, right) { return false }
            return true
        case (.dictionary(let left), .dictionary(let right)):
            guard left.count == right.count else { return false }
            for entry in left.entries {
                try requireHashable(entry.key)
                guard let other = right[entry.key], try equal(entry.value, other) else { return false }
            }
            return true
        case (.range(let left), .range(let right)):
            guard left.count == right.count else { return false }
            return left.count == 0 || (left.start == right.start && (left.count == 1 || left.step == right.step))
        case (.namespace, .namespace), (.iterator, .iterator), (.loop, .loop), (.function, .function):
            return DictionaryKey(left) == DictionaryKey(right)
        default: return false
        }
    }

    /// -1, 0 or 1 for two numbers, exactly even where an integer does not fit a Double; nil for NaN.
    private static func order(_ left: Value, _ right: Value) -> Int? {
        switch (left.integer, right.integer) {
        case (let left?, let right?): return (left - right).signum()
        case (let left?, nil): return right.double.flatMap { order(left, $0) }
        case (nil, let right?): return left.double.flatMap { order(right, $0) }.map { -$0 }
        default:
            guard let left = left.double, let right = right.double, !left.isNaN, !right.isNaN else { return nil }
            return left < right ? -1 : (left > right ? 1 : 0)
        }
    }

    private static func order(_ integer: Int, _ number: Double) -> Int? {
        guard !number.isNaN else { return nil }
        if let exact = Int(exactly: number.rounded(.down)) {
            if integer != exact { return integer < exact ? -1 : 1 }
            return number > number.rounded(.down) ? -1 : 0
        }
        return number > 0 ? -1 : 1
    }

    /// - Parameter operation: as it is written in the template, for the message.
    func less(_ left: Value, _ right: Value, _ operation: String = "<") throws(ChatError) -> Bool {
        try ordered(left, right, operation, orEqual: false)
    }

    private func lessOrEqual(_ left: Value, _ right: Value, _ operation: String) throws(ChatError) -> Bool {
        try ordered(left, right, operation, orEqual: true)
    }

    private func ordered(
        _ left: Value, _ right: Value, _ operation: String, orEqual: Bool
    ) throws(ChatError) -> Bool {
        try enter()
        defer { leave() }
        if case .undefined(let undefined) = left { throw failure(undefined) }
        if case .undefined(let undefined) = right { throw failure(undefined) }
        if let leftText = left.text, let rightText = right.text {
            try charge(min(leftText.utf8.count, rightText.utf8.count) / 16)
            return orEqual ? !rightText.precedes(leftText) : leftText.precedes(rightText)
        }
        if let leftInteger = left.integer, let rightInteger = right.integer {
            return orEqual ? leftInteger <= rightInteger : leftInteger < rightInteger
        }
        if left.double != nil, right.double != nil {
            guard let order = Self.order(left, right) else { return false }
            return order < 0 || (orEqual && order == 0)
        }
        switch (left, right) {
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            for (left, right) in zip(left.elements, right.elements) where try !equal(left, right) {
                return try ordered(left, right, operation, orEqual: orEqual)
            }
            let (leftCount, rightCount) = (left.elements.count, right.elements.count)
            return orEqual ? leftCount <= rightCount : leftCount < rightCount
        default:
            let (first, second) = operation.hasPrefix(">") ? (right, left) : (left, right)
            throw failure(
                "'\(operation)' not supported between instances of '\(first.typeName)' and '\(second.typeName)'")
        }
    }

    private func hasKey(_ dictionary: ValueDictionary, _ key: Value) throws(ChatError) -> Bool {
        try requireHashable(key)
        return dictionary[key] != nil
    }

    /// `value in container`
    func contains(_ container: Value, _ value: Value) throws(ChatError) -> Bool {
        switch container {
        case .string(let text), .markup(let text):
            guard let part = value.text else {
                if case .undefined(let undefined) = value { throw failure(undefined) }
                throw failure("'in <string>' requires string as left operand, not \(value.typeName)")
            }
            try charge(text.utf8.count / 16)
            return Array(text.utf8).firstOffset(of: Array(part.utf8)) != nil
        case .dictionary(let dictionary): return try hasKey(dictionary, value)
        case .view(let view) where view.kind == .keys: return try hasKey(view.dictionary, value)
        default:
            let iterator = try makeIterator(container)
            while let element = try iterator.next() {
                if try equal(element, value) { return true }
            }
            return false
        }
    }
}

extension Value {
    var isMarkup: Bool { if case .markup = self { true } else { false } }
}

extension String {
    var escapedForHTML: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&#34;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
