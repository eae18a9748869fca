"""Clients that go away in the middle of an answer: python3 clients_gone.py PORT"""

import json
import socket
import sys
import time
import urllib.request

port = int(sys.argv[1])


def go(streams):
    body = json.dumps({"model": "stories", "prompt": "Once", "max_tokens": 500, "stream": streams,
                       "ignore_eos": True}).encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        if streams:
            connection.recv(100)


def figures():
    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    lines = [line.rsplit(" ", 1) for line in page.split("\n") if line and not line.startswith("#")]
    totals = {}
    for name, value in lines:
        name = name.split("{")[0] if "reason" not in name else name.split('reason="')[1].split('"')[0]
        totals[name] = totals.get(name, 0) + float(value)
    return totals


CLIENTS = 1000
for number in range(CLIENTS):
    go(number % 2 == 0)
deadline = time.time() + 60
while True:
    now = figures()
    left = {name: now[name] for name in
            ["vllm:num_requests_running", "vllm:num_requests_waiting", "terse_kv_blocks_held"]}
    if not any(left.values()):
        break
    if time.time() > deadline:
        raise SystemExit(f"left behind: {left}")
    time.sleep(0.05)
if now["abort"] < CLIENTS / 4 or now["vllm:generation_tokens_total"] > CLIENTS * 500 / 2:
    raise SystemExit(f"nobody noticed that they went: {now}")
