"""Asks two servers of one model, of which the second guesses at tokens with a draft model, for the same texts.

    speculation.py PORT PORT
"""

import json
import sys
import urllib.request


def post(port, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/completions", json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


def metric(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as response:
        page = response.read().decode()
    return sum(float(line.split()[-1]) for line in page.splitlines() if line.startswith(name + "{"))


plain, guessing = (int(port) for port in sys.argv[1:3])
for extra in [{"temperature": 0}, {"temperature": 1, "seed": 7}, {"temperature": 0, "n": 3, "frequency_penalty": 0.5},
              {"temperature": 0, "response_format": {"type": "json_object"}}]:
    body = {"model": "stories", "prompt": "Once upon a time", "max_tokens": 100, **extra}
    expected, found = (
        [choice["text"] for choice in post(port, body)["choices"]] for port in (plain, guessing))
    assert found == expected, f"{extra}: expected {expected}, found {found}"

# Whether guesses pay hangs on the machine, but some are tried always.
prefix = "vllm:spec_decode_num_"
drafts, guesses, right = (
    metric(guessing, prefix + name) for name in ["drafts_total", "draft_tokens_total", "accepted_tokens_total"])
assert drafts > 0 and guesses >= drafts, (drafts, guesses)
assert guesses >= right > 0.25 * guesses, f"{right} of {guesses} guesses at texts that go round in circles were right"
assert metric(guessing, "terse_draft_passes_total") > 0
assert metric(plain, prefix + "drafts_total") == 0
