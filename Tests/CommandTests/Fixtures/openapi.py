"""Answers of a running server against OpenAI's description of its API: python3 openapi.py PORT DESCRIPTION"""

import json
import sys
import urllib.error
import urllib.request

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match


def nullable(schema):
    """`nullable`, a word of OpenAPI 3.0, in the words of JSON Schema."""
    if isinstance(schema, list):
        return [nullable(element) for element in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: nullable(value) for key, value in schema.items()}
    if inner.pop("nullable", False) is True:
        return {"anyOf": [inner, {"type": "null"}]}
    return inner


with open(sys.argv[2]) as file:
    COMPONENTS = nullable(json.load(file)["components"])
BASE = f"http://127.0.0.1:{sys.argv[1]}"
failures = []


def validate(name, value):
    schema = {"$ref": f"#/components/schemas/{name}", "components": COMPONENTS}
    error = best_match(Draft202012Validator(schema).iter_errors(value))
    if error:
        failures.append(f"{name} {list(error.absolute_path)}: {error.message[:300]}")


def post(path, **body):
    request = urllib.request.Request(BASE + path, json.dumps({"model": "stories", **body}).encode())
    try:
        return urllib.request.urlopen(request).read()
    except urllib.error.HTTPError as error:
        return error.read()


def events(data):
    for line in data.decode().split("\n"):
        if line.startswith("data: {"):
            yield json.loads(line[6:])


MESSAGES = [{"role": "user", "content": "Hello"}]
chat = {"messages": MESSAGES, "max_tokens": 6}
validate("CreateChatCompletionResponse", json.loads(post("/v1/chat/completions", **chat)))
validate("CreateChatCompletionResponse",
         json.loads(post("/v1/chat/completions", **chat, logprobs=True, top_logprobs=2, n=2)))
for more in [{}, {"logprobs": True}, {"stream_options": {"include_usage": True}}]:
    for event in events(post("/v1/chat/completions", **chat, stream=True, **more)):
        validate("CreateChatCompletionStreamResponse", event)
validate("CreateCompletionResponse", json.loads(post("/v1/completions", prompt="Once", max_tokens=6)))
validate("CreateCompletionResponse", json.loads(post("/v1/completions", prompt="Once", max_tokens=6, logprobs=2)))
validate("CreateEmbeddingResponse", json.loads(post("/v1/embeddings", input=["a", "b"])))
validate("ListModelsResponse", json.loads(urllib.request.urlopen(BASE + "/v1/models").read()))
validate("Model", json.loads(urllib.request.urlopen(BASE + "/v1/models/stories").read()))
validate("Response", json.loads(post("/v1/responses", input="Hello", max_output_tokens=6)))
for event in events(post("/v1/responses", input="Hello", max_output_tokens=6, stream=True)):
    validate("ResponseStreamEvent", event)
validate("ErrorResponse", json.loads(post("/v1/completions")))
validate("ErrorResponse", json.loads(post("/v1/nowhere")))
if failures:
    raise SystemExit("\n".join(failures))
