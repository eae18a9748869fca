import TerseJSON

/// Turns a JSON Schema into a grammar of JSON texts.
///
/// Each set of schemas that one value must obey becomes a rule, made once, so that recursion in the schema is recursion in
/// the grammar.
struct SchemaCompiler {
    let context: SchemaContext
    let options: JSONGrammarOptions
    private(set) var rules: [Grammar.Rule] = []
    private var numbers: [RuleKey: Int] = [:]
    /// Sets whose rules are not written yet.
    private var waiting: [(rule: Int, nodes: [SchemaNode])] = []
    private var coder: JSONStringCoder

    init(_ schema: JSONValue, options: JSONGrammarOptions, limits: GrammarLimits) throws(GrammarError) {
        let meter = WorkMeter(limits: limits)
        context = SchemaContext(try SchemaDocument(schema, meter), meter)
        self.options = options
        coder = JSONStringCoder(.needed, meter)
    }

    var meter: WorkMeter { context.meter }
    var root: SchemaNode { context.document.root }

    mutating func compile() throws(GrammarError) -> Grammar {
        let root = try rule(for: [root])
        while let next = waiting.popLast() {
            rules[next.rule].expression = try expression(of: next.nodes)
        }
        return Grammar(rules: rules, root: root)
    }

    /// The rule for values that obey all of `nodes`.
    mutating func rule(for nodes: [SchemaNode]) throws(GrammarError) -> Int {
        let alternatives = try SchemaAlternatives(context: context).alternatives(of: nodes)
        var choices: [Grammar.Expression] = []
        for alternative in alternatives { choices.append(.rule(try rule(obeying: alternative))) }
        if choices.count == 1, case .rule(let only) = choices[0] { return only }
        return try named(.anyOf(alternatives.map(Self.numbers)), nodes) { compiler throws(GrammarError) in
            .choice(choices)
        }
    }

    static func numbers(_ nodes: [SchemaNode]) -> [Int] { nodes.map(\.number).sorted() }

    /// The rule for values that obey all of one set without choices.
    private mutating func rule(obeying nodes: [SchemaNode]) throws(GrammarError) -> Int {
        guard !nodes.isEmpty else { return try freeValue(depth: options.freeDepthMax) }
        let key = RuleKey.obeying(Self.numbers(nodes))
        if let number = numbers[key] { return number }
        let number = try add(key, nodes)
        waiting.append((number, nodes))
        return number
    }

    /// The rule for `key`, made if it is not there.
    /// - Parameter nodes: whose place is its name in messages.
    mutating func named(
        _ key: RuleKey, _ nodes: [SchemaNode] = [],
        _ make: (inout SchemaCompiler) throws(GrammarError) -> Grammar.Expression
    ) throws(GrammarError) -> Int {
        if let number = numbers[key] { return number }
        let number = try add(key, nodes)
        rules[number].expression = try make(&self)
        return number
    }

    private mutating func add(_ key: RuleKey, _ nodes: [SchemaNode]) throws(GrammarError) -> Int {
        guard rules.count < meter.limits.rulesMax else {
            throw GrammarError(.limitExceeded, "the schema needs more than \(meter.limits.rulesMax) rules")
        }
        try meter.spend(10 + nodes.count)
        numbers[key] = rules.count
        rules.append(Grammar.Rule(key.name(nodes), .choice([])))
        return rules.count - 1
    }

    private mutating func expression(of nodes: [SchemaNode]) throws(GrammarError) -> Grammar.Expression {
        if let literals = try literals(of: nodes) { return .choice(literals) }
        let types = try SchemaNegation.types(of: nodes)
        var choices: [Grammar.Expression] = []
        if types.contains(.null) { choices.append(.text("null")) }
        if types.contains(.boolean) { choices.append(contentsOf: [.text("true"), .text("false")]) }
        if !types.isDisjoint(with: .number) { choices.append(.rule(try number(nodes, types))) }
        if types.contains(.string) { choices.append(.rule(try string(nodes))) }
        if types.contains(.array) { choices.append(.graph(try array(nodes))) }
        if types.contains(.object) { choices.append(.graph(try object(nodes))) }
        return .choice(choices)
    }

    /// The texts of the values that `enum` or `const` lists and the other keywords allow.
    private func literals(of nodes: [SchemaNode]) throws(GrammarError) -> [Grammar.Expression]? {
        guard let listing = nodes.first(where: { $0["enum"] != nil || $0["const"] != nil }),
            let values = try SchemaContext.values(listedBy: listing)
        else { return nil }
        let check = LiteralCheck(context: context)
        var result: [Grammar.Expression] = []
        for value in values where try check.fits(value, nodes) {
            let text = value.serialized()
            try meter.spend(1 + text.utf8.count)
            result.append(.text(text))
        }
        return result
    }

    private mutating func number(_ nodes: [SchemaNode], _ types: SchemaTypes) throws(GrammarError) -> Int {
        var shape = NumberShape()
        shape.isInteger = !types.contains(.fraction)
        for node in nodes {
            for keyword in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"] {
                guard let value = node[keyword] else { continue }
                guard let number = DecimalNumber(value) else { throw node.invalid(keyword, "must be a number") }
                if keyword == "multipleOf" {
                    shape.multiple(of: number)
                } else {
                    let isLower = keyword.lowercased().hasSuffix("minimum")
                    shape.bound(number, isLower: isLower, isExclusive: keyword.hasPrefix("exclusive"))
                }
            }
        }
        if let (keyword, reason) = shape.refusal {
            throw (nodes.first { $0[keyword] != nil } ?? root).refusal(keyword, reason)
        }
        let key: RuleKey = !shape.isFree ? .number(Self.numbers(nodes)) : shape.isInteger ? .anyInteger : .anyNumber
        do throws(GrammarError) {
            return try named(key, nodes) { compiler throws(GrammarError) in
                .automaton(key == .anyNumber ? try Self.anyNumber.get() : try shape.automaton(compiler.meter))
            }
        } catch {
            guard let node = nodes.first(where: { $0["multipleOf"] != nil }) else { throw error }
            throw node.refusal("multipleOf", "needs too many states: \(error.message)")
        }
    }

    private mutating func string(_ nodes: [SchemaNode]) throws(GrammarError) -> Int {
        let shape = try StringShape(nodes, context)
        if shape.isFree { return try freeString() }
        return try named(.string(shape.key), nodes) { compiler throws(GrammarError) in
            do throws(GrammarError) {
                let contents = try shape.contents(compiler.meter)
                return .automaton(try compiler.coder.string(contents))
            } catch {
                guard error.keyword == nil else { throw error }
                let keywords = ["pattern", "maxLength", "minLength", "format"]
                let keyword = keywords.first { keyword in nodes.contains { $0[keyword] != nil } } ?? "type"
                let node = nodes.first { $0[keyword] != nil } ?? compiler.root
                throw node.refusal(keyword, "needs too many states: \(error.message)")
            }
        }
    }

    /// Any string, and any number: the same in every grammar.
    private static let anyString = Result { () throws(GrammarError) in
        var coder = JSONStringCoder(.all, WorkMeter(limits: GrammarLimits()))
        return try coder.string(.allTexts)
    }
    static let anyNumber = Result { () throws(GrammarError) in
        try NumberShape().automaton(WorkMeter(limits: GrammarLimits()))
    }

    /// The rule for any string.
    mutating func freeString() throws(GrammarError) -> Int {
        try named(.freeString) { compiler throws(GrammarError) in
            .automaton(try Self.anyString.get())
        }
    }

    /// The rule for the quoted names that `names` accepts.
    mutating func name(_ names: Automaton, _ key: RuleKey, _ nodes: [SchemaNode]) throws(GrammarError) -> Int {
        try named(key, nodes) { compiler throws(GrammarError) in .automaton(try compiler.coder.string(names)) }
    }
}
