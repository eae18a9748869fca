"""Stops the worker of a server under load, as if it hung: python3 hang.py PORT PID

Every answer, whole or streamed, must be what it is when nothing hangs."""

import json
import os
import signal
import sys
import threading
import urllib.request

import children

base = f"http://127.0.0.1:{sys.argv[1]}"
server = sys.argv[2]
# Long texts: the worker is stopped while they are generated.
REQUESTS, TOKENS = 8, 480


def ask(seed, streams, answers, begun):
    body = {"model": "stories", "prompt": "Once upon a time", "max_tokens": TOKENS, "seed": seed, "stream": streams,
            "ignore_eos": True, "logprobs": 1}
    request = urllib.request.Request(
        f"{base}/v1/completions", json.dumps(body).encode(),
        {"content-type": "application/json", "cache-control": "no-store"})
    choices = []
    with urllib.request.urlopen(request) as response:
        if streams:
            for line in response:
                if line.startswith(b"data: {"):
                    begun.set()
                    choices += json.loads(line[6:])["choices"]
        else:
            choices = json.load(response)["choices"]
    answers[seed] = ["".join(choice["text"] for choice in choices)]
    for name in ["tokens", "text_offset"]:
        answers[seed].append([value for choice in choices for value in choice["logprobs"][name]])


def figures():
    page = urllib.request.urlopen(f"{base}/metrics").read().decode()
    return dict(line.rsplit(" ", 1) for line in page.split("\n") if line and not line.startswith("#"))


def everybody(hangs):
    answers, begun = {}, threading.Event()
    workers = list(children.of(server))
    threads = [threading.Thread(target=ask, args=(seed, seed % 2 == 0, answers, begun)) for seed in range(REQUESTS)]
    for thread in threads:
        thread.start()
    if hangs:
        begun.wait(60)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        if len(answers) == REQUESTS:
            raise SystemExit("all were answered before the worker was stopped")
        if any(name.startswith("vllm:") for name in figures()):
            raise SystemExit("a worker that is stopped told of itself")
    for thread in threads:
        thread.join()
    return answers


undisturbed, disturbed = everybody(False), everybody(True)
wrong = [seed for seed in undisturbed if undisturbed[seed] != disturbed.get(seed)]
if len(undisturbed) != REQUESTS or wrong:
    raise SystemExit(f"{len(undisturbed)} answers; other answers to seeds {wrong}")
for text, tokens, offsets in undisturbed.values():
    # Marks of beginnings and ends are no part of the text.
    places = [(offset, token) for offset, token in zip(offsets, tokens) if token.strip() not in ["<s>", "</s>"]]
    if any(text[offset:offset + len(token)] != token for offset, token in places):
        raise SystemExit(f"tokens are not where they are said to be: {text}, {tokens}, {offsets}")
starts = [value for name, value in figures().items() if name.startswith("terse_worker_starts_total")]
if float(starts[0]) < 2:
    raise SystemExit(f"no worker was started again: {starts}")
