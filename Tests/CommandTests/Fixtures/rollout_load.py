"""Asks a server until a file is there: python3 rollout_load.py PORT FILE CLIENTS TOKENS MODEL

Each request is a conversation of its own, every other one a stream, and each must be answered as a whole."""

import itertools
import json
import os
import sys
import threading
import urllib.error
import urllib.request

port, stop, clients, tokens, model = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
numbers = itertools.count(1)
answered, failures = [], []


def ask(number):
    order = dict(model=model, prompt=f"Story {os.getpid()}-{number}. Once upon a time", max_tokens=tokens,
                 temperature=1, ignore_eos=True, stream=number % 2 == 0)
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/completions", json.dumps(order).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=200) as response:
        body = response.read().decode()
    if not order["stream"]:
        assert json.loads(body)["usage"]["completion_tokens"] == tokens, body
        return
    assert body.endswith("data: [DONE]\n\n") and '"error"' not in body, body
    assert '"finish_reason":"length"' in body, body


def client():
    while not os.path.exists(stop) and not failures:
        number = next(numbers)
        try:
            ask(number)
            answered.append(number)
        except urllib.error.HTTPError as error:
            failures.append(f"request {number}: {error} {error.read()[:500]}")
        except Exception as error:
            failures.append(f"request {number}: {error!r}")


threads = [threading.Thread(target=client) for _ in range(clients)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(answered), *failures[:3])
sys.exit(1 if failures else 0)
