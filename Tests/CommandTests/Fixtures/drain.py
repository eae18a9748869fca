"""Asks a server to end under load, as service managers do, all its processes: python3 drain.py PORT PID"""

import os
import signal
import sys
import threading

import children
import openai

client = openai.OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key="none", max_retries=0)
STREAMS, CHOICES = 4, 3  # Some 4,800 tokens: streams that end before the others begin would show nothing.
begun, ends = threading.Semaphore(0), []


def ask(seed):
    first = True
    for chunk in client.completions.create(model="stories", prompt="Once upon a time", max_tokens=400, seed=seed,
                                           n=CHOICES, stream=True, extra_body={"ignore_eos": True}):
        if first:
            begun.release()
        first = False
        ends.extend(choice.finish_reason for choice in chunk.choices if choice.finish_reason)


threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(STREAMS)]
for thread in threads:
    thread.start()
for _ in threads:
    begun.acquire()
if len(ends) == STREAMS * CHOICES:
    raise SystemExit("every stream ended before the server was asked to")
for process in [int(sys.argv[2]), *children.of(sys.argv[2])]:
    os.kill(process, signal.SIGTERM)
for thread in threads:
    thread.join()
if ends != ["length"] * STREAMS * CHOICES:
    raise SystemExit(f"ends of the streams: {ends}")
