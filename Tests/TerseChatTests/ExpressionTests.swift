import TerseChat
import TerseJSON
import Testing

/// Small templates against what Jinja2 makes of them (Fixtures/expressions.py).
@Suite struct ExpressionTests {
    @Test func agreesWithJinja() throws {
        let fixture = try Fixtures.json("expressions.json")
        let data = try #require(fixture["data"]?.objectValue)
        let variables = Dictionary(uniqueKeysWithValues: data.members.map { ($0.key, $0.value) })
        let cases = try #require(fixture["cases"]?.arrayValue)
        #expect(cases.count > 500)
        for item in cases {
            let source = try #require(item[0]?.stringValue)
            let result = Result { try Fixtures.render(source, variables) }
            if let expected = item[1]?.stringValue {
                #expect(throws: Never.self, "\(source)") { try result.get() }
                let text = (try? result.get()) ?? ""
                #expect(text.utf8.elementsEqual(expected.utf8), "\(source) gives \(text), not \(expected)")
            } else {
                #expect(throws: ChatError.self, "\(source)") { try result.get() }
            }
        }
    }

    static let messages = [
        ("a\n{{ x.y }}", "chat template, line 2: 'x' is undefined"),
        (
            "{% if true %}\n\n{{ none + 1 }}{% endif %}",
            "chat template, line 3: unsupported operand types for +: 'NoneType' and 'int'"
        ),
        ("{% include 'a' %}", "chat template, line 1: the tag 'include' is not supported in chat templates"),
        ("\n{% extends 'a' %}", "chat template, line 2: the tag 'extends' is not supported in chat templates"),
        ("{% block a %}{% endblock %}", "chat template, line 1: the tag 'block' is not supported in chat templates"),
        ("{{ 1 | urlize }}", "chat template, line 1: there is no filter 'urlize'"),
        ("{% if 1 %}x{% else %}", "chat template, line 1: expected '{% endif %}', found the end of the template"),
        (
            "{% for x in [1] %}{% endif %}",
            "chat template, line 1: expected 'endfor' or 'else', found the unknown tag 'endif'"
        ),
        ("{{ [1, 2 }}", "chat template, line 1: expected ']', found '}'"),
        ("{{ raise_exception('not today') }}", "chat template, line 1: not today"),
        ("{{ [].append(1) }}", "chat template, line 1: access to attribute 'append' of 'list' object is unsafe"),
        ("{{ 'x'.encode() }}", "chat template, line 1: the method str.encode() is not supported in chat templates"),
        (
            "{{ 9223372036854775807 + 1 }}",
            "chat template, line 1: the result of an operation on integers has more than 64 bits"
        ),
    ]

    @Test(arguments: messages) func saysWhatAndWhere(_ source: String, _ message: String) {
        #expect(#expect(throws: ChatError.self) { try Fixtures.render(source) }?.message == message)
    }

    @Test func codesTellFailuresApart() {
        func code(_ source: String) -> ChatError.Code? {
            do {
                _ = try Fixtures.render(source)
                return nil
            } catch {
                return (error as? ChatError)?.code
            }
        }
        #expect(code("{{ raise_exception('x') }}") == .refused)
        #expect(code("{{ x.y }}") == .rendering)
        #expect(code("{{") == .syntax)
        #expect(code("{% import 'x' as y %}") == .unsupported)
        #expect(code("{{ range(1000000) }}") == .limitExceeded)
    }
}
