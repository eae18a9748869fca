"""Asks a server to end under load, as service managers do, all its processes: python3 drain.py PORT PID"""

import os
import signal
import sys
import threading

import children
import openai

client = openai.OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key="none", max_retries=0)
STREAMS = 4
begun, ends = threading.Semaphore(0), []


def ask(seed):
    end, first = None, True
    for chunk in client.completions.create(model="stories", prompt="Once upon a time", max_tokens=400, seed=seed,
                                           stream=True, extra_body={"ignore_eos": True}):
        if first:
            begun.release()
        first, end = False, chunk.choices[0].finish_reason
    ends.append(end)


threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(STREAMS)]
for thread in threads:
    thread.start()
for _ in threads:
    begun.acquire()
if ends:
    raise SystemExit("streams ended before the server was asked to")
for process in [int(sys.argv[2]), *children.of(sys.argv[2])]:
    os.kill(process, signal.SIGTERM)
for thread in threads:
    thread.join()
if ends != ["length"] * STREAMS:
    raise SystemExit(f"ends of the streams: {ends}")
