"""What no client should send: python3 bad_input.py PORT"""

import json
import socket
import sys
import urllib.error
import urllib.request

port = int(sys.argv[1])


def status(body, path="/v1/completions"):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body)
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        assert "message" in json.loads(error.read())["error"], body[:50]
        return error.code


def raw(data):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(data)
        return connection.recv(1 << 16)


def body(prompt):
    return b'{"model":"stories","prompt":"' + prompt + b'"}'


for data in [b"", b"{", b"\xff\xfe", b"[" * 100000, body(b"\xc3\x28"), body(b"\\ud800"), b"3", b'{"model":3}',
             body(b"a" * (10 << 20))]:
    assert status(data) == 400, data[:50]
try:
    assert status(body(b"a" * (20 << 20))) == 413
except urllib.error.URLError:
    pass  # The connection was closed while the body was still being sent.
assert status(b"{}", "/v1/nowhere") == 404
# Pages that other sites show, and names that were made to lead here.
for line in [b"Host: evil.example:80", b"Host: localhost\r\nOrigin: http://evil.example", b"Host: localhost.evil.example"]:
    assert b" 403 " in raw(b"GET /v1/models HTTP/1.1\r\n" + line + b"\r\n\r\n"), line
for line in [b"Host: localhost:1", b"Host: [::1]", b"Host: 127.0.0.1\r\nOrigin: http://localhost:3000"]:
    assert b" 200 " in raw(b"GET /v1/models HTTP/1.1\r\n" + line + b"\r\n\r\n"), line
for data in [b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100, b"POST /v1/completions HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
             b"GET /health HTTP/1.1\r\nX: " + b"a" * (1 << 18) + b"\r\n\r\n"]:
    answer = raw(data)
    assert answer == b"" or b" 400 " in answer.split(b"\r\n")[0], answer[:100]
strange = urllib.request.Request(f"http://127.0.0.1:{port}/v1/completions", body(b"Once"),
                                 {"Origin": "http://elsewhere.example"})
try:
    urllib.request.urlopen(strange)
    raise SystemExit("a page of another site was served")
except urllib.error.HTTPError as error:
    assert error.code == 403, error.code
assert status(b'{"model":"stories","messages":[{"role":"user","content":"a"}],"stop":"a",'
              b'"response_format":{"type":"json_object"}}', "/v1/chat/completions") == 400
# A body that nobody reads does not hold its connection.
with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
    connection.sendall(b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n")
    while connection.recv(1 << 16):
        pass
connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(500)]
assert status(body(b"Once")) == 200
for connection in connections:
    connection.close()
assert status(body(b"Once")) == 200
