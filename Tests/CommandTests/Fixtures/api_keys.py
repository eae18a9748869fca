"""Keys and their limits, with a server that knows two: python3 api_keys.py PORT"""

import sys

import openai


def client(key, retries=0):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key=key, max_retries=retries)


def ask(client):
    return client.completions.with_raw_response.create(model="stories", prompt="Once", max_tokens=2)


try:
    ask(client("wrong"))
    raise SystemExit("a wrong key was let in")
except openai.AuthenticationError as error:
    assert error.code == "invalid_api_key", error
limited = client("secret")
assert ask(limited).headers["x-ratelimit-remaining-requests"] == "1"
ask(limited)
try:
    ask(limited)
    raise SystemExit("a limit was passed")
except openai.RateLimitError as error:
    assert int(error.response.headers["retry-after"]) >= 1, error.response.headers
assert "x-ratelimit-limit-requests" not in ask(client("other")).headers
# The SDK itself waits and tries again.
assert ask(client("secret", retries=2)).headers["x-ratelimit-remaining-requests"] == "0"
