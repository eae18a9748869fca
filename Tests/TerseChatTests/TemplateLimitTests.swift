import Foundation
import TerseChat
import TerseJSON
import TestSupport
import Testing

/// Templates come with models from strangers: each of these would hang, exhaust memory or overflow the stack.
@Suite struct TemplateLimitTests {
    static let hostile = [
        // Time
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x='a') %}{% for i in range(99999) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{{ s.find('b') }}{% endfor %}",
        "{% set s = 'a' * 999999 %}{{ s.find('a' * 500000 ~ 'b') }}{% for i in range(99999) %}{{ s.count('a' * 5000 ~ 'b') }}{% endfor %}",
        "{% set l = range(99999)|list %}{% for i in l %}{{ i in l }}{{ l.index(99998) }}{% endfor %}",
        "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
        // Memory
        "{{ 'a' * 99999999999 }}", "{{ 'a'.center(99999999999) }}", "{{ '%99999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ ('a' * 60000000) ~ ('b' * 60000000) }}", "{{ [1] * 99999999999 }}",
        "{{ ('a' * 9999).replace('', 'b' * 99999) }}",
        "{{ 'a'|indent(9999999999, true) }}", "{{ (range(99999)|list)|join('x' * 99999) }}",
        "{{ 'x'.zfill(999999999) }}",
        "{{ range(9)|batch(999999999, 'x')|list }}", "{{ [1]|slice(999999999)|list }}",
        "{{ [[1]]|tojson(indent=999999999) }}",
        "{{ '\\t'.expandtabs(999999999) }}", "{{ 'a'|center(999999999) }}", "{{ range(99999999) }}",
        "{% for i in range(99999) %}{{ 'a' * 9999 }}{% endfor %}", "{{ strftime_now('%c' * 9999) }}",
        // Values shared within one another double at every step
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}",
        "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
        "{% set ns = namespace(x=(1,)) %}{% for i in range(99) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1} }}",
        // Depth
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}",
        "{% set ns = namespace(x={}) %}{% for i in range(99999) %}{% set ns.x = {1: ns.x} %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99999) %}{% set ns.x = ns.x|map('int') %}{% endfor %}{{ ns.x|list }}",
        "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = ns.x.copy %}{% set ns.x = [ns.x] %}{% endfor %}",
        "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}",
        "{% set ns = namespace(l=0) %}{% for i in range(99999) %}{% for x in [ns.l] %}{% set ns.l = loop %}{% endfor %}{% endfor %}",
    ]

    @Test(arguments: hostile) func boundsCost(_ source: String) {
        var limits = TemplateLimits()
        limits.maximumWork = 300_000
        let time = ThreadTime.measure {
            #expect(throws: ChatError.self) { try Fixtures.render(source, limits: limits) }
        }
        #expect(time < .seconds(60))
    }

    static let deepSources = [
        String(repeating: "(", count: 100_000), "{{ " + String(repeating: "(", count: 100_000),
        "{{ " + String(repeating: "[", count: 100_000), "{{ 1" + String(repeating: "+1", count: 100_000) + " }}",
        "{{ x" + String(repeating: ".a", count: 100_000) + " }}",
        "{{ x" + String(repeating: "|e", count: 100_000) + " }}",
        "{{ " + String(repeating: "not ", count: 100_000) + "1 }}",
        "{{ " + String(repeating: "-", count: 100_000) + "1 }}",
        String(repeating: "{% if 1 %}", count: 50_000),
        "{{ 1" + String(repeating: " if 1 else 1", count: 50_000) + " }}",
        "{{ x" + String(repeating: "()", count: 100_000) + " }}", "{% set " + String(repeating: "(", count: 100_000),
        "{{ 1 is in " + String(repeating: "(1 is in ", count: 50_000),
    ].map { $0.hasPrefix("{") ? $0 : "{{ " + $0 }

    @Test(arguments: deepSources.indices) func boundsNesting(_ index: Int) {
        #expect(throws: ChatError.self) { try ChatTemplate(source: Self.deepSources[index]) }
    }

    @Test func boundsSource() {
        let source = String(repeating: "a", count: TemplateLimits.standard.maximumTemplateBytes + 1)
        #expect(#expect(throws: ChatError.self) { try ChatTemplate(source: source) }?.code == .limitExceeded)
    }

    /// Depth at the limits must fit the stack of a thread of the cooperative pool, in a debug build.
    @Test func depthFitsTheStack() async {
        let nested = String(repeating: "[", count: 90) + String(repeating: "]", count: 90)
        let sources = [
            "{% macro f(n) %}{% if n %}{% for x in [n] %}{{ (((f(n - 1)))) }}{% endfor %}{% endif %}{% endmacro %}"
                + "{{ f(10000) }}",
            "{% macro f(n) %}{{ [[[[[[[[f(n)]]]]]]]] }}{% endmacro %}{{ \(nested) }}{{ f(1) }}",
        ]
        let codes = await withCheckedContinuation { continuation in
            let thread = Thread {
                continuation.resume(
                    returning: sources.map { source in
                        #expect(throws: ChatError.self) { try Fixtures.render(source) }?.code
                    })
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
        #expect(codes == [.limitExceeded, .limitExceeded])
    }

    /// Long but honest work stays within the limits.
    @Test func allowsLongConversations() throws {
        let long = String(repeating: "Once upon a time there was a princess. ", count: 25_000)
        let messages = (0..<20).map { ChatMessage(role: $0 % 2 == 0 ? "user" : "assistant", content: long) }
        let source = "{% for m in messages %}{{ '<' + m.role + '>' + m.content | trim + '\n' }}{% endfor %}"
        #expect(try ChatTemplate(source: source).render(messages).utf8.count > 19_000_000)
    }
}
