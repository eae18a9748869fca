"""Writes expressions.json: small templates and what Jinja2 makes of them (null: an error), some written by hand and some
generated from a seed. Run: python3 expressions.py"""
import json, pathlib, random, re, signal
from hugging_face import render

DATA = {
    "s": "Hello World", "t": "  pad\tded\n", "e": "", "u": "Größe ΑΣ ǆ ﬁ 😀", "l": [3, 1, 2], "w": ["b", "A", "c", "a"],
    "m": {"b": 1, "a": [1, 2, {"x": None}], "items": "it", "C": "z"},
    "d": [{"n": "x", "v": 2, "g": {"h": 1}}, {"n": "Y", "v": 1}, {"n": "a", "v": 3, "g": {"h": 0}}],
    "n": None, "i": 7, "f": 2.5, "neg": -3, "big": 123456789012, "b": True, "z": 0, "nest": [[1, 2], [3], []],
    "html": "<a href='x'>&\"</a>", "lines": "one\n\ntwo\r\nthree\u2028four",
}

WRITTEN = r"""
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1 / 2 }} {{ 4 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }}
{{ 1e16 }} {{ 1e15 }} {{ 0.1 + 0.2 }} {{ 1e-5 }} {{ 100.0 }} {{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1.5e3 }}
{{ true }} {{ none }} {{ True and 0 }} {{ false or 'x' }} {{ not 1 }} {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 == true }}
{{ 'a' 'b' }} {{ 'a' ~ 1 ~ none ~ 2.0 }} {{ "it's" }} {{ ['it\'s', "\"", 'é\n'] }} {{ 'a\x41\u00e9\101\q' }}
{{ nothing }}|{{ nothing is defined }}|{{ nothing | default('d') }}|{{ nothing == nothing2 }}|{{ nothing | length }}|{{ nothing | list }}
{{ nothing.x }}
{{ nothing + 1 }}
{{ m.items }}{{ m['items'] }}{{ m.nope }}{{ m.nope is undefined }}
{{ m.nope.x }}
{{ l.append(4) }}
{{ m.pop('b') }}
{{ (1, 2) }} {{ (1,) }} {{ () }} {{ 1, 2 }} {{ {'a': 1, 2: [3], none: true} }} {{ {} }} {{ [[]] }}
{{ l[0] }} {{ l[-1] }} {{ l[10] }} {{ l[1:] }} {{ l[::-1] }} {{ s[1:3] }} {{ s[::-2] }} {{ u[-1] }} {{ (1,2,3)[:2] }} {{ range(10)[2:8:3] }}
{{ 'ell' in s }} {{ 'x' not in s }} {{ 1 in l }} {{ 'b' in m }} {{ 2 in (1,2) }} {{ none in [none] }} {{ 3 in range(5) }}
{{ 1 in 'x' }}
{{ 'x' if 0 }}|{{ 'x' if 1 else 'y' }}|{{ 'a' if 0 else 'b' if 0 else 'c' }}
{{ l is iterable }} {{ s is iterable }} {{ s is sequence }} {{ m is mapping }} {{ i is number }} {{ b is number }} {{ b is boolean }} {{ f is float }} {{ b is integer }}
{{ 4 is divisibleby 2 }} {{ 3 is odd }} {{ 'x' is in ['x'] }} {{ 3 is gt 2 }} {{ 3 is not lt(2) }} {{ none is none }} {{ none is sameas none }} {{ 'A' is upper }}
{{ u | upper }}|{{ u | lower }}|{{ u | title }}|{{ u | capitalize }}|{{ u.title() }}|{{ u.swapcase() }}|{{ u | length }}|{{ u | reverse }}
{{ 'hello wOrld-foo (bar)' | title }}|{{ "they're bill's".title() }}|{{ 'ÑANDÚ straße'.casefold() }}
{{ '  x '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'abcabc'.lstrip('ab') }}|{{ t | trim }}|{{ '\u00a0\u2003x\u3000' | trim }}
{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a-b-c'.split('-', 1) }} {{ 'a-b-c'.rsplit('-', 1) }} {{ ' a b c '.split(none, 1) }} {{ ' a b c '.rsplit(none, 1) }}
{{ lines.splitlines() }} {{ lines.splitlines(true) }} {{ ''.splitlines() }} {{ 'a\r\nb\rc'.splitlines() }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abcabc'.find('c', 3) }} {{ 'abcabc'.rfind('a') }} {{ 'aaa'.count('a') }} {{ 'aaa'.replace('a', 'b', 2) }}
{{ 'abc'.index('x') }}
{{ ', '.join(['a', 'b']) }} {{ ', '.join(w) }} {{ '-'.join('abc') }}
{{ ', '.join([1]) }}
{{ 'k=v=w'.partition('=') }} {{ 'k=v=w'.rpartition('=') }} {{ 'kv'.partition('=') }} {{ 'prefix-x'.removeprefix('prefix-') }} {{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'ab'.center(7, '*') }}
{{ '{} and {}'.format(1, 'x') }} {{ '{1}{0}'.format('a', 'b') }} {{ '{x:>5}|{y:<4}|{z:^7.2f}'.format(x=1, y='a', z=3.14159) }} {{ '{:,}'.format(1234567) }} {{ '{:05d} {:+} {:x} {:#b} {:e} {:%}'.format(42, 3, 255, 5, 12345.678, 0.25) }} {{ '{{}} {0[a]} {0.b}'.format({'a': 1, 'b': 2}) }}
{{ '%s is %d years, %.2f m, %5s|%-5s|%05d %x %%' % ('Bob', 42, 1.756, 'a', 'b', 7, 255) }} {{ '%(a)s %(b)r' % {'a': 1, 'b': 'x'} }} {{ '%s' | format('v') }} {{ '%g %g %e' % (1e10, 0.0001, 1234.5) }}
{{ '%d' % 'x' }}
{{ '%s %s' % (1,) }}
{{ l | sort }} {{ w | sort }} {{ w | sort(case_sensitive=true) }} {{ w | sort(reverse=true) }} {{ d | sort(attribute='v') | map(attribute='n') | list }} {{ d | map(attribute='n') | sort | join(',') }}
{{ [1, 'a'] | sort }}
{{ ['a','A','b','a'] | unique | list }} {{ [1, 1.0, true, 2] | unique | list }}
{{ l | min }} {{ l | max }} {{ l | sum }} {{ d | sum(attribute='v') }} {{ [[1],[2]] | sum(start=[]) }} {{ d | max(attribute='v') }} {{ [] | max }} {{ w | min }}
{{ l | first }} {{ l | last }} {{ [] | first }} {{ s | first }} {{ s | last }} {{ m | list }} {{ s | list }} {{ l | reverse | list }} {{ s | reverse }}
{{ d | selectattr('v', 'gt', 1) | map(attribute='n') | list }} {{ d | rejectattr('g') | list | length }} {{ [0, 1, none, 'x'] | select | list }} {{ [1,2,3,4] | select('even') | list }} {{ [1, 'a'] | reject('string') | list }} {{ w | map('upper') | join }} {{ d | map(attribute='g.h', default='-') | list }}
{{ d | groupby('n') }} {% for k, v in d | groupby('v') %}{{ k }}:{{ v | length }} {% endfor %}
{{ m | dictsort }} {{ m | items | list }} {{ {'b': 1, 'A': 2} | dictsort(true) }} {{ {'b': 1, 'A': 2} | dictsort(by='value') }} {{ {'b': 1, 'A': 2} | dictsort(reverse=true) }}
{{ range(7) | batch(3) | list }} {{ range(7) | batch(3, 'x') | list }} {{ range(7) | slice(3) | list }} {{ range(7) | slice(3, 'x') | list }}
{{ m | tojson }} {{ m | tojson(indent=2) }} {{ u | tojson }} {{ u | tojson(ensure_ascii=true) }} {{ m | tojson(sort_keys=true, separators=(',', ':')) }} {{ (1, 2.0, 1e20, none) | tojson }} {{ html | tojson }} {{ {1: 2, none: 3, true: 4} | tojson }} {{ [] | tojson(indent=2) }}
{{ nothing | tojson }}
{{ (l | map('string')) | tojson }}
{{ '42' | int }} {{ ' 4_2 ' | int }} {{ 'x' | int }} {{ 'x' | int(-1) }} {{ '3.9' | int }} {{ 'ff' | int(0, 16) }} {{ '0x1f' | int(0, 16) }} {{ 3.9 | int }} {{ none | int(7) }} {{ '1e3' | float }} {{ 'x' | float }} {{ 'inf' | float }} {{ '.5' | float }} {{ true | int }}
{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 42 | round }} {{ 42.55 | round(1, 'floor') }} {{ 1.2 | round(0, 'ceil') }} {{ 1234 | round(-2) }} {{ 1250 | round(-2) }} {{ 1234.5 | round(-2) }} {{ -3 | abs }} {{ -2.5 | abs }}
{{ html | escape }} {{ html | e | e }} {{ (html | safe) ~ '<' }} {{ (html | safe) + '<' }} {{ '<b>' | safe | escape }} {{ html | forceescape }}
{{ 'a\nb\n\nc' | indent }} {{ 'a\nb' | indent(2, true) }} {{ 'a\n\nb' | indent('> ', blank=true) }} {{ '' | indent(first=true) }}
{{ 'foo bar baz' | truncate(5) }} {{ 'foo bar baz' | truncate(7, true, '!', 0) }} {{ 'foo bar baz' | truncate(9, leeway=0) }} {{ 'a b  c' | wordcount }} {{ 'x' | center(5) }} {{ 'aXbX' | replace('X', '-') }} {{ 'abc' | replace('', '-') }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 12 | replace(1, 3) }}
{{ dict(a=1, b=2) }} {{ dict([('a', 1)], c=3) }} {{ namespace(a=1).a }} {{ joiner('|')() }} {{ [1,2] + [3] }} {{ [1] * 3 }} {{ 'ab' * 2 }} {{ (1,) + (2,) }} {{ [1,2] == [1,2] }} {{ [1,2] < [1,3] }} {{ {'a': 1} == {'a': 1.0} }}
{{ m.get('b') }} {{ m.get('q') }} {{ m.get('q', 'd') }} {{ m.keys() | list }} {{ m.values() | list | length }} {{ m.items() | list | first }} {{ m.keys() }} {{ l.count(1) }} {{ l.index(2) }}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}-{{ loop.nextitem }};{% endfor %}
{% for x in [] %}x{% else %}empty{% endfor %}{% for x in l if x > 1 %}{{ x }}{{ loop.length }}{% endfor %}{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% if loop.index > 1 %}{% break %}{% endif %}{% endfor %}
{% for k, v in m.items() %}{{ k }}={{ v }};{% endfor %}{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}{% for x in 'héy' %}{{ x }}.{% endfor %}{% for k in m %}{{ k }}{% endfor %}
{% for a, b in [1] %}{% endfor %}
{% for x in nest recursive %}{{ loop.depth }}{{ x if x is number else loop(x) }}{% endfor %}
{% set x = 1 %}{% for i in l %}{% set x = i %}{{ x }}{% endfor %}{{ x }} {% set ns = namespace(x=1) %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }} {% if 1 %}{% set x = 9 %}{% endif %}{{ x }}
{% set a, b = 1, 2 %}{{ a }}{{ b }} {% set q %}  x{{ 1 }}{% endset %}[{{ q }}] {% set q | upper | trim %} ab {% endset %}[{{ q }}] {% with a = 5, c = a %}{{ a }}{{ c }}{% endwith %}{{ a }} {% filter upper %}x{{ 'y' }}{% endfilter %}
{% macro f(a, b='d', c=b) %}({{ a }},{{ b }},{{ c }}){% endmacro %}{{ f(1) }}{{ f(1, 2) }}{{ f(b=3, a=4) }}{{ f() }} {{ f.name }}
{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}
{% macro f(a) %}{% endmacro %}{{ f(x=2) }}
{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, x=3) }} {% macro g(x) %}<{{ caller(x) }}>{% endmacro %}{% call(y) g(5) %}{{ y }}!{% endcall %} {% macro h(n) %}{{ n }}{% if n %}{{ h(n - 1) }}{% endif %}{% endmacro %}{{ h(3) }}
{% set x = 1 %}{% macro f() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ f() }} {% for x in [7] %}{{ f() }}{% endfor %}
a {%- if true -%} b {%- endif -%} c {{- ' d ' -}} e {# comment #} f {#- g -#} h {% raw %}{{ x }}{% if %}{% endraw %} i {%- raw -%} j {%- endraw -%} k
{% if none %}1{% elif 0 %}2{% else %}3{% endif %}{% if l %}T{% endif %}{% if not e %}E{% endif %}{% if (1, 2) %}t{% endif %}
{% generation %}gen{{ s }}{% endgeneration %}|{% print s, 1 %}|{{ ''.join(['a']) ~ 'b' * 2 }}
{{ raise_exception('no') }}
{{ undefined_function() }}
{{ 1 / 0 }}
{{ range(100001) | list }}
{{ x | nofilter }}
{{ 1 is notest }}
{% if false %}{{ x | nofilter }}{% endif %}ok
{% include 'x' %}
{{ strftime_now('%d %b %Y %H:%M') }}
{{ 'x' | map | list }}
{% set ns = namespace() %}{% set ns._x = 1 %}
{% set l.x = 1 %}
{{ l.__class__ }}{{ s.__len__ }}{{ ''.format }}
{{ '{0.__class__}'.format(1) }}
{% for i in range(3) %}{{ loop.cycle('a', 'b') }}{{ loop.changed(i // 2) }}{% endfor %}
{{ none | string ~ (1.0 | string) ~ (true | string) }} {{ [none, true, 1.5, 'x'] | join('|') }} {{ d | join('-', attribute='n') }} {{ [1, [2, ['x']]] }} {{ {'a': {'b': (1,)}} }}
{{ 9007199254740993 == 9007199254740993.0 }} {{ 1 < 1.5 }} {{ 'a' < 'b' }} {{ 'Z' < 'a' }} {{ 'é' < 'z' }} {{ true + true }} {{ true < 2 }}
{{ 'a' < 1 }}
{{ -2 ** 2 }} {{ 2 + 3 * 4 ~ 'x' }} {{ not 1 == 2 }} {{ 1 + 2 == 3 and 'y' or 'n' }} {{ -1 | abs }} {{ 'a' ~ 'b' | upper }} {{ 1 if 0 else 2 + 3 }}
""".strip("\n").split("\n")

LAYOUT = [  # White space: trim_blocks, lstrip_blocks and the signs.
    "a\n{% if 1 %}\nb\n{% endif %}\nc\n", "  {% if 1 %}  \n  x\n  {% endif %}\n", "  {{ 1 }}  \n  {#c#}\n x", "a  {%- if 1 %}\n\n b {% endif -%} \n c",
    "  {%+ if 1 %}\n x{% endif +%}\n y", "{% for x in [1,2] %}\n  {{ x }}\n{% endfor %}\n\n", "a\r\n{% if 1 %}\r\nb{% endif %}\rc", "x {# a\n b #}\n y", "{{ 'a\nb' }}\n\n",
    "{% raw %}\n {{ x }}\n{% endraw %}\nz", "  {% raw %}a{% endraw %}  \n  b", "a\n\n  {%- set x = 1 -%}  \n\n{{- x -}}\n b", "\t{% set x = 1 %}\n\t{{ x }}", "{%- for i in range(2) %}\n\t{%- if i %}\n  t\n\t{%- endif %}\n{% endfor %}|",
    "{{- 'x' }} {{ -1 }} {{-1}} {{+1}}", "{#-#}a{#+ b #}\n c", "{{ '}}' }}{% set x = '%}' %}{{ x }}{{ {'a': {'b': 1}}['a'] }}", "{{ [1,2\n,3] }}\n{{\n1\n}}\n", "{%if 1%}a{%elif 2%}b{%endif%}", "plain\n", "plain\n\n", "",
    "{{ 1", "{% if 1 %}", "{% endif %}", "{{ }}", "{% %}", "{{ 1 + }}", "{{ (1 }}", "{{ 1) }}", "{{ 'a }}", "{% for in x %}{% endfor %}", "{% set 1 = 2 %}", "{% set true = 2 %}", "{{ a b }}", "{{ ! }}", "{# x", "{% raw %}x", "{% nope %}", "{% break %}",
    "{% for loop in l %}{% endfor %}", "{{ f(a=1, 2) }}", "{{ f(**m, *l) }}", "{{ 1 is odd is even }}", "{% macro f(a=1, b) %}{% endmacro %}", "{% if 1 %}{% endfor %}", "{{ 1 | }}", "{{ a. }}", "{{ a[ }}", "{{ {1} }}", "{% call 1 %}{% endcall %}", "{{ not }}", "{% set x %}", "{{ 1 if }}",
]

ATOMS = """s t e u l w m d n i f neg b z nest html lines undef m.a m['b'] m.items m.nope d[0].n l[0] w[-1] s[1:3] l[::-1] 1 0 3.0 0.1 'x'
'a,b' '' true none [1,'a',2.5] (1,2) (1,) {'k':1,'j':[2]} [] {} range(3) 'é"' '7' '3.7' 'abc'""".split()
FILTERS = """upper lower title capitalize trim length first last list reverse|list sort sort(attribute='n') unique|list join(', ') join('-',attribute='n') tojson
tojson(indent=2) string int float abs round round(1) sum min max dictsort default('D') default('D',true) items|list escape indent(2,true) replace('l','L')
batch(2)|list slice(2)|list groupby('v')|list map('upper')|list map(attribute='n')|list select|list reject('none')|list selectattr('v')|list
selectattr('v','gt',1)|list truncate(5) center(9) wordcount safe""".split()
TESTS = """defined none string mapping iterable sequence number integer float boolean true odd divisibleby(3) eq(1) ne(2) gt(2) in([1,'x']) sameas(none) upper callable""".split()
METHODS = """upper() title() strip() rstrip('d') split() split(',') split('l',1) rsplit('o',1) splitlines() startswith('He') endswith('d') find('o') rfind('o') count('l')
replace('l','_',1) join(['a','b']) format(1,2) center(15) zfill(14) isdigit() partition('o') keys()|list get('b') get('zz','-') index(2) nope""".split()


def expression(random, depth):
    if depth == 0 or random.random() < 0.15:
        return random.choice(ATOMS)
    inner = lambda: f"({expression(random, depth - 1)})"
    return random.choice([
        lambda: f"{inner()} {random.choice(['+', '-', '*', '/', '//', '%', '~'])} {inner()}",
        lambda: f"{inner()} {random.choice(['==', '!=', '<', '>=', 'in', 'not in', 'and', 'or'])} {inner()}",
        lambda: f"({inner()} if {inner()} else {inner()})", lambda: f"not {inner()}",
        lambda: f"{inner()}|{random.choice(FILTERS)}", lambda: f"{inner()}|{random.choice(FILTERS)}",
        lambda: f"{inner()} is {random.choice(['', 'not '])}{random.choice(TESTS)}",
        lambda: f"{inner()}.{random.choice(METHODS)}", lambda: f"{inner()}.{random.choice(METHODS)}",
        lambda: f"{inner()}[{random.choice(['0', '-1', '5', repr('b')])}]", lambda: f"[{inner()}, {inner()}]",
    ])()


def generated(random, count):
    kept, failures = [], 0
    while len(kept) < count:
        template = "{{ " + expression(random, random.choice([2, 2, 3])) + " }}"
        text = render(template, **DATA)
        if text is None:
            failures += 1
            if failures % 8:
                continue
        elif len(text) > 300 or " at 0x" in text:
            continue
        kept.append((template, text))
    return kept


written = [(template, render(template, **DATA)) for template in WRITTEN + LAYOUT]
cases = [[template, text] for template, text in written + generated(random.Random(1), 500) if not text or " at 0x" not in text]
pathlib.Path(__file__).with_suffix(".json").write_text(
    '{"made by": "expressions.py",\n"data": ' + json.dumps(DATA, ensure_ascii=False) + ',\n"cases": [\n'
    + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]}\n")
print(len(cases), sum(text is None for _, text in cases))
