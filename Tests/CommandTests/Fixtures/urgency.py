"""Asks a server for more than it can do in the time that the requests have.

    urgency.py PORT
"""

import json
import sys
import urllib.error
import urllib.request

base = f"http://127.0.0.1:{sys.argv[1]}/v1/"


def post(path, **body):
    request = urllib.request.Request(
        base + path, json.dumps({"model": "stories", **body}).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


long = {"prompt": "Once upon a time", "max_tokens": 480, "ignore_eos": True, "seed": 1}
messages = {"messages": [{"role": "user", "content": "Once upon a time"}], "max_tokens": 200, "ignore_eos": True}

for path, body in [("completions", long), ("chat/completions", messages)]:
    status, text = post(path, **body, timeout=0.001)
    error = json.loads(text)["error"]
    assert status == 504 and error["code"] == "timeout" and error["type"] == "timeout_error", (status, text)

    status, text = post(path, **body, timeout=0.001, stream=True)
    events = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    assert status == 200 and "[DONE]" not in events, (status, events)
    assert json.loads(events[-1])["error"]["code"] == "timeout", events[-1]

# A priority and time enough change nothing.
status, plain = post("completions", **long)
assert status == 200
for extra in [{"priority": 5}, {"priority": -5}, {"timeout": 100}]:
    status, text = post("completions", **long, **extra)
    assert status == 200 and json.loads(text)["choices"] == json.loads(plain)["choices"], (extra, text)

for extra, name in [({"priority": 1000}, "priority"), ({"priority": "high"}, "priority"), ({"timeout": -1}, "timeout")]:
    status, text = post("completions", **long, **extra)
    assert status == 400 and json.loads(text)["error"]["param"] == name, (status, text)

status, text = post("embeddings", input="Once", priority=3, timeout=60)
assert status == 200, (status, text)
status, text = post("responses", input="Once", max_output_tokens=400, timeout=0.001)
assert status in (200, 504), (status, text)
