"""Writes conversations.json: conversations, and what Jinja2 makes of them through each template of templates/ and of the
chat-templates folder of the test data. Run: TERSE_TEST_DATA=… python3 conversations.py"""
import json, os, pathlib
from hugging_face import render

here = pathlib.Path(__file__).parent
data = pathlib.Path(os.environ["TERSE_TEST_DATA"]) / "tokenizers/chat-templates"
tools = [
    {"type": "function", "function": {
        "name": "get_weather", "description": "The weather\nin a \"city\" — né",
        "parameters": {"type": "object", "properties": {
            "days": {"type": "integer", "default": 1}, "city": {"type": "string", "enum": ["Zürich", "東京"]},
            "units": {"type": ["string", "null"]},
            "grid": {"type": "object", "properties": {"at": {"type": "array", "items": {"type": "number"}}}, "required": ["at"]}},
            "required": ["city"]}}},
    {"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}}},
]


def user(content): return {"role": "user", "content": content}
def assistant(content, **more): return {"role": "assistant", "content": content, **more}
def system(content): return {"role": "system", "content": content}
def call(id, name, arguments): return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
def result(id, name, content): return {"role": "tool", "tool_call_id": id, "name": name, "content": content}


conversations = {
    "one": [user("Hi there")],
    "system": [system("You are a pirate."), user("  Hello \n")],
    "turns": [system("S"), user("a"), assistant("b"), user("c"), assistant(" d ")],
    "unicode": [user("日本語\u00a0 <|im_end|> {{ x }} 'q' \"dq\" \\n \u2028"), assistant("é\ne\u0301 😀")],
    "empty": [user(""), assistant("")],
    "nothing": [],
    "two users": [user("a"), user("b")],
    "no content": [user("x"), {"role": "assistant", "content": None}],
    "parts": [user([{"type": "text", "text": "one"}, {"type": "image"}, {"type": "text", "text": "two"}])],
    "calls": [user("weather?"), assistant("", tool_calls=[call("abcdefghi", "get_weather", {"city": "Zürich", "days": 2, "grid": {"at": [1.5, 2]}, "x": None, "y": True})]),
              result("abcdefghi", "get_weather", "{\"t\": 21}"), assistant("It is 21."), user("thanks")],
    "two calls": [system("s"), user("w"), {"role": "assistant", "tool_calls": [call("a1", "get_weather", {"city": "x"}), call("a2", "now", {})]},
                  result("a1", "get_weather", "1"), result("a2", "now", "2")],
    "textual arguments": [user("w"), assistant("let me", tool_calls=[call("a1", "get_weather", "{\"city\": \"Paris\"}")])],
    "reasoning": [user("q"), assistant("answer", reasoning_content="hm"), user("q2"), assistant("plain", reasoning=" deep\n")],
}

cases = []
for folder, place in ((here / "templates", "fixtures"), (data, "data")):
    for path in sorted(folder.glob("*.jinja")):
        source = open(path, newline="").read()
        for name, messages in conversations.items():
            for given in (None, tools):
                for prompt in (True, False):
                    if prompt and given and name not in ("one", "calls"):
                        continue
                    text = render(source, messages, given, prompt, bos_token="<s>", eos_token="</s>", enable_thinking=False)
                    cases.append({"template": path.name, "place": place, "conversation": name, "tools": given is not None,
                                  "prompt": prompt, "text": text})
(here / "conversations.json").write_text(
    json.dumps({"made by": "conversations.py", "tools": tools, "conversations": conversations, "cases": cases}, ensure_ascii=False, indent=0))
print(len(cases), sum(case["text"] is None for case in cases))
