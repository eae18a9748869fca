"""OpenAI's own SDK against a running server: python3 openai_sdk.py PORT"""

import json
import sys
import typing

import openai
import pydantic

client = openai.OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key="none", max_retries=0)
MODEL = "stories"
HELLO = [{"role": "user", "content": "Tell me a story."}]
CITIES = ["Paris", "Rome"]
TOOLS = [{"type": "function", "function": {
    "name": "weather", "parameters": {
        "type": "object", "properties": {"city": {"enum": CITIES}}, "required": ["city"],
        "additionalProperties": False}}}]


def expect(condition, *said):
    if not condition:
        raise SystemExit(f"expected otherwise: {said}")


def refused(error, parameter, call):
    try:
        call()
    except error as found:
        expect(found.param == parameter, found.param, parameter, str(found))
        return found
    raise SystemExit(f"expected {error.__name__} for {parameter}")


expect([model.id for model in client.models.list()] == [MODEL])
expect(client.models.retrieve(MODEL).id == MODEL)
expect(client.models.retrieve(MODEL).has_chat_template is False)

# Chat, several choices, a seed, probabilities.
chat = client.chat.completions.create(
    model=MODEL, messages=HELLO, max_completion_tokens=12, n=2, seed=7, logprobs=True, top_logprobs=3)
expect(len(chat.choices) == 2 and chat.usage.completion_tokens == 24, chat)
expect(chat.choices[0].message.content != chat.choices[1].message.content, "choices have seeds of their own")
for choice in chat.choices:
    expect(choice.finish_reason == "length" and len(choice.logprobs.content) == 12, choice)
    for token in choice.logprobs.content:
        expect(len(token.top_logprobs) == 3 and token.logprob <= 0, token)
        expect(token.top_logprobs[0].logprob >= token.top_logprobs[1].logprob, token)
    text = b"".join(bytes(token.bytes) for token in choice.logprobs.content).decode()
    expect(text.strip() == choice.message.content.strip(), text, choice.message.content)

# The same as a stream.
text, usage = ["", ""], None
for chunk in client.chat.completions.create(
        model=MODEL, messages=HELLO, max_completion_tokens=12, n=2, seed=7, stream=True,
        stream_options={"include_usage": True}):
    for choice in chunk.choices:
        text[choice.index] += choice.delta.content or ""
    usage = chunk.usage or usage
expect(text == [choice.message.content for choice in chat.choices], text)
expect(usage.completion_tokens == 24 and usage.prompt_tokens == chat.usage.prompt_tokens, usage)

# Completions: the known greedy story, stops, echo, a ban, token prompts.
story = client.completions.create(model=MODEL, prompt="Once upon a time", max_tokens=20, temperature=0)
expect(story.choices[0].text.startswith(", there was a little girl named Lily"), story)
stopped = client.completions.create(
    model=MODEL, prompt="Once upon a time", max_tokens=20, temperature=0, stop=["girl"])
expect(stopped.choices[0].text == ", there was a little " and stopped.choices[0].finish_reason == "stop", stopped)
echoed = client.completions.create(model=MODEL, prompt="Once upon a time", max_tokens=4, temperature=0, echo=True)
expect(echoed.choices[0].text.startswith("Once upon a time, "), echoed)
several = client.completions.create(model=MODEL, prompt=["Once upon a time", "Once upon a time"], max_tokens=5,
                                    temperature=0)
expect(several.choices[0].text == several.choices[1].text and several.usage.completion_tokens == 10, several)

# Probabilities of completions: streamed as whole, tokens beside the text in which they begin, none of the stop's.
order = dict(model=MODEL, prompt="Once upon a time", max_tokens=40, temperature=0, logprobs=2, stop=["zz", "girl named"])
whole = client.completions.create(**order).choices[0]
places = list(zip(whole.logprobs.text_offset, whole.logprobs.tokens))
expect(len(places) == 6 and whole.text == ", there was a little ", whole)
expect(all((whole.text + "girl named")[offset:].startswith(token) for offset, token in places), whole)
text, told = "", []
for chunk in client.completions.create(**order, stream=True, extra_headers={"cache-control": "no-store"}):
    start, text = len(text), text + chunk.choices[0].text
    told += zip(chunk.choices[0].logprobs.text_offset, chunk.choices[0].logprobs.tokens)
    expect(all(start <= offset < len(text) for offset in chunk.choices[0].logprobs.text_offset), chunk, text)
expect(text == whole.text and told == places, told, places)

# What choices of a request share is not cached; what a request before left is.
order = dict(model=MODEL, prompt="The cat sat on the mat and saw a big red ball. " * 4, max_tokens=4, n=4)
first, second = [client.completions.create(**order, seed=seed).usage for seed in [1, 2]]
expect(first.prompt_tokens_details.cached_tokens < 32, first)
expect(32 <= second.prompt_tokens_details.cached_tokens < second.prompt_tokens, second)

# Embeddings, in both spellings.
vectors = client.embeddings.create(model=MODEL, input=["a cat", "a cat", "the sea"]).data
expect(vectors[0].embedding == vectors[1].embedding != vectors[2].embedding, "embeddings")
floats = client.embeddings.create(model=MODEL, input="a cat", encoding_format="float").data[0].embedding
expect(max(abs(a - b) for a, b in zip(floats, vectors[0].embedding)) < 1e-6, "base64 and floats")
expect(abs(sum(value * value for value in floats) - 1) < 1e-4, "length 1")

# Responses, whole and streamed.
response = client.responses.create(model=MODEL, input="Tell me a story.", max_output_tokens=12, temperature=0)
expect(response.status == "incomplete" and response.usage.output_tokens == 12, response)
streamed = ""
with client.responses.stream(model=MODEL, input="Tell me a story.", max_output_tokens=12, temperature=0) as stream:
    for event in stream:
        if event.type == "response.output_text.delta":
            streamed += event.delta
expect(streamed == response.output_text, streamed, response.output_text)

# Equal requests are answered from the cache, and say so.
raw = client.completions.with_raw_response
first = raw.create(model=MODEL, prompt="The sun", max_tokens=8, seed=3)
second = raw.create(model=MODEL, prompt="The sun", max_tokens=8, seed=3)
expect(first.headers["x-terse-cache"] == "miss" and second.headers["x-terse-cache"] == "hit", second.headers)
expect(first.parse().choices[0].text == second.parse().choices[0].text, "the cache")
expect(first.headers["x-request-id"] != second.headers["x-request-id"], "request ids")

# A forced call is one, and its arguments obey their schema.
for choice in ["required", {"type": "function", "function": {"name": "weather"}}]:
    forced = client.chat.completions.create(
        model=MODEL, messages=HELLO, max_completion_tokens=200, tools=TOOLS, temperature=1, seed=1, tool_choice=choice)
    calls = forced.choices[0].message.tool_calls
    expect(forced.choices[0].finish_reason == "tool_calls" and len(calls) == 1, forced)
    expect(calls[0].function.name == "weather", calls)
    arguments = json.loads(calls[0].function.arguments)
    expect(arguments["city"] in CITIES, arguments)

    # The same in pieces: the name first, the arguments as they are written.
    pieces = [
        call for chunk in client.chat.completions.create(
            model=MODEL, messages=HELLO, max_completion_tokens=200, tools=TOOLS, temperature=1, seed=1, stream=True,
            tool_choice=choice)
        for call in chunk.choices[0].delta.tool_calls or []]
    expect(pieces[0].id.startswith("call_") and pieces[0].function.name == "weather", pieces)
    expect(len(pieces) > 1 and all(piece.index == 0 and not piece.id for piece in pieces[1:]), pieces)
    expect("".join(piece.function.arguments for piece in pieces) == calls[0].function.arguments, pieces)

# Two calls, and white space that is nobody's; one where that is wanted.
call = '<tool_call>{\\"name\\": \\"weather\\", \\"arguments\\": {\\"city\\": \\"Paris\\"}}</tool_call>'
order = dict(model=MODEL, messages=HELLO, max_completion_tokens=400, seed=1, tools=TOOLS,
             extra_body={"grammar": f'root ::= "{call}\\n{call} \\n"'})
both, one = [client.chat.completions.create(**order, parallel_tool_calls=several) for several in [True, False]]
expect(len(both.choices[0].message.tool_calls) == 2 and both.choices[0].message.content is None, both)
expect(both.choices[0].message.tool_calls[0].function == one.choices[0].message.tool_calls[0].function, both, one)
expect(len(one.choices[0].message.tool_calls) == 1 and one.choices[0].finish_reason == "tool_calls", one)
expect(0 < one.usage.completion_tokens < both.usage.completion_tokens / 2 + 2, one.usage, both.usage)
chunks = list(client.chat.completions.create(
    **order, parallel_tool_calls=False, stream=True, stream_options={"include_usage": True}))
pieces = [piece for chunk in chunks[:-1] for piece in chunk.choices[0].delta.tool_calls or []]
expect({piece.index for piece in pieces} == {0} and chunks[-2].choices[0].finish_reason == "tool_calls", chunks)
expect(chunks[-1].usage.completion_tokens == one.usage.completion_tokens, chunks[-1], one.usage)

# Structured output, through the SDK's own parser.
class Weather(pydantic.BaseModel):
    city: typing.Literal["Paris", "Rome"]
    degrees: int


for seed in range(8):
    parsed = client.chat.completions.parse(
        model=MODEL, messages=HELLO, max_completion_tokens=100, temperature=1.5, seed=seed, response_format=Weather)
    expect(parsed.choices[0].message.parsed.city in CITIES, parsed)
mode = client.chat.completions.create(
    model=MODEL, messages=HELLO, max_completion_tokens=60, seed=2, response_format={"type": "json_object"})
expect(mode.choices[0].message.content.startswith("{"), mode)
digits = client.completions.create(
    model=MODEL, prompt="Once", max_tokens=20, seed=2, extra_body={"grammar": 'root ::= [0-9] [0-9] "!"'})
expect(digits.choices[0].text[:2].isdigit() and digits.choices[0].text[2:] == "!", digits)

# Errors.
create = client.chat.completions.create
expect(refused(openai.NotFoundError, "model", lambda: create(model="no", messages=HELLO)).code == "model_not_found")
refused(openai.BadRequestError, "messages", lambda: create(model=MODEL, messages="no"))
refused(openai.BadRequestError, "temperature", lambda: create(model=MODEL, messages=HELLO, temperature=9))
long = refused(openai.BadRequestError, "messages", lambda: create(
    model=MODEL, messages=[{"role": "user", "content": "story " * 5000}]))
expect(long.code == "context_length_exceeded", long)
