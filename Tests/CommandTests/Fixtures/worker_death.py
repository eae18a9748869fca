"""Kills the workers of a server under load: python3 worker_death.py PORT PID

Every answer, whole or streamed, must be what it is when nothing dies."""

import os
import signal
import sys
import threading
import time
import urllib.request

import children
import openai

client = openai.OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key="none", max_retries=0)
server = sys.argv[2]
STREAMS = 8
CALLS = 3


def ask(seed, streams, answers, begun):
    order = dict(model="stories", prompt="Once upon a time", max_tokens=400, seed=seed, stream=streams,
                 extra_body={"ignore_eos": True}, extra_headers={"cache-control": "no-store"})
    answer = client.completions.create(**order)
    if not streams:
        answers[seed] = answer.choices[0].text
        return
    text = ""
    for chunk in answer:
        begun.set()
        text += chunk.choices[0].text
    answers[seed] = text


def call(seed, answers, begun):
    """A call of a function, streamed, with arguments that take a while."""
    schema = {"type": "object", "properties": {"text": {"type": "string", "minLength": 300, "maxLength": 400}},
              "required": ["text"], "additionalProperties": False}
    chunks = client.chat.completions.create(
        model="stories", messages=[{"role": "user", "content": "Tell"}], max_completion_tokens=420, seed=seed,
        temperature=1, stream=True, extra_headers={"cache-control": "no-store"}, tool_choice="required",
        tools=[{"type": "function", "function": {"name": "tell", "parameters": schema}}])
    pieces = []
    for chunk in chunks:
        begun.set()
        pieces += chunk.choices[0].delta.tool_calls or []
    assert [piece.function.name for piece in pieces].count("tell") == 1 and pieces[0].id, pieces
    answers[seed] = "".join(piece.function.arguments for piece in pieces)


def everybody(deaths):
    answers, begun = {}, threading.Event()
    threads = [threading.Thread(target=ask, args=(seed, seed % 2 == 0, answers, begun))
               for seed in range(2 * STREAMS)]
    threads += [threading.Thread(target=call, args=(seed, answers, begun)) for seed in range(100, 100 + CALLS)]
    for thread in threads:
        thread.start()
    for _ in range(deaths):
        begun.wait(60)
        begun.clear()
        time.sleep(0.1)
        if len(answers) == 2 * STREAMS:
            raise SystemExit("all were answered before the worker died")
        for worker in children.of(server):
            os.kill(worker, signal.SIGKILL)
    for thread in threads:
        thread.join()
    return answers


undisturbed, disturbed = everybody(0), everybody(2)
wrong = [seed for seed in undisturbed if undisturbed[seed] != disturbed.get(seed)]
if len(undisturbed) != 2 * STREAMS + CALLS or wrong:
    raise SystemExit(f"{len(undisturbed)} answers; other answers to seeds {wrong}")
page = urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/metrics").read().decode()
starts = [line for line in page.split("\n") if line.startswith("terse_worker_starts_total")]
if float(starts[0].split()[-1]) < 3:
    raise SystemExit(f"no worker died: {starts}")
