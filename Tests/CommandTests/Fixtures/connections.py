"""Thousands of connections to a server that say nothing: python3 connections.py PORT PID

As many as the limit of open files allows, up to 5,000. A request beside them is answered, and when they are closed the
server has about as many files open as before."""

import http.client
import json
import os
import resource
import socket
import sys
import time

port, server = int(sys.argv[1]), sys.argv[2]
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
# What the server takes at once, of which each may need another file, and what waits to be taken.
ACCEPTED, WAITING, OWN = min(4096, (hard - 128) // 2), 1000, 64
# Files that the server opens and closes as it likes: connections to its worker.
SLACK = 8
COUNT = min(5000, hard - OWN, ACCEPTED + WAITING)


def ask(connection):
    body = {"model": "stories", "prompt": "Once", "max_tokens": 4}
    connection.request("POST", "/v1/completions", json.dumps(body), {"content-type": "application/json"})
    response = connection.getresponse()
    answer = json.load(response)
    if response.status != 200 or not answer["choices"][0]["text"]:
        raise SystemExit(f"status {response.status}: {answer}")


def files():
    return len(os.listdir(f"/proc/{server}/fd"))


def connect():
    return http.client.HTTPConnection("127.0.0.1", port, timeout=120)


# One that is known by the time that the others come.
known = connect()
ask(known)
before = files()
connections = [socket.create_connection(("127.0.0.1", port), timeout=120) for _ in range(COUNT)]
while files() < min(before + COUNT, ACCEPTED) - SLACK:
    # Idle connections are closed after a while.
    ask(known)
    time.sleep(0.01)
ask(known)
for connection in connections:
    connection.close()
deadline = time.time() + 120
while files() > before + SLACK:
    if time.time() > deadline:
        raise SystemExit(f"{files()} files are open after {COUNT} connections, {before} before them")
    ask(known)
    time.sleep(0.05)
stranger = connect()
ask(stranger)
ask(known)
