#!/usr/bin/env python3
"""Times llama.cpp, through llama-cpp-python's bindings of its C functions.

Each test runs once to warm up, as `terse bench` does, then so often as asked, with flash attention, without, or with
both: then the faster is printed. Python's part is some ten microseconds a step; the choice of the next token is
llama.cpp's own greedy sampler. Python of the virtual environment that has llama_cpp runs this.
"""

from __future__ import annotations

import ctypes
import os
import random
import statistics
import sys
import time

import llama_cpp as lib

from driver import argument_parser, print_result, workload
from gguf import CHUNK_TOKENS
from workload import Workload

# Tokens after which a warm-up has touched all that a test touches; as in `terse bench`.
_WARM_UP_TOKENS = 2

_FLASH = {"on": [True], "off": [False], "both": [False, True]}


class Session:
    """A context for one test, and what its runs share."""

    def __init__(self, model: int, test: Workload, flash: bool):
        self.test = test
        options = lib.llama_context_default_params()
        options.n_batch = options.n_ubatch = CHUNK_TOKENS
        options.n_seq_max = test.streams
        options.n_threads = options.n_threads_batch = test.threads
        options.flash_attn_type = 1 if flash else 0
        # A context gives each sequence its share, in multiples of 256.
        options.n_ctx = -(-(test.size + 1) // 256) * 256 * test.streams
        self.context = lib.llama_init_from_model(model, options)
        if not self.context:
            raise RuntimeError("llama_init_from_model: no context was made")
        self.memory = lib.llama_get_memory(self.context)
        self.vocabulary = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
        self.batch = lib.llama_batch_init(max(CHUNK_TOKENS, test.streams), 0, 1)
        # A chain keeps the room for candidates from call to call, which a lone sampler does not.
        self.sampler = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        lib.llama_sampler_chain_add(self.sampler, lib.llama_sampler_init_greedy())

    def close(self) -> None:
        lib.llama_sampler_free(self.sampler)
        lib.llama_batch_free(self.batch)
        lib.llama_free(self.context)

    def rate(self, warm_up: bool = False) -> float:
        """Tokens a second of one run from an empty cache."""
        lib.llama_memory_clear(self.memory, False)
        tokens = random.Random(0)
        prompt = [tokens.randrange(self.vocabulary) for _ in range(self.test.size)]
        begin = time.perf_counter()
        if self.test.kind == "prompt":
            self._prompt(prompt[:CHUNK_TOKENS] if warm_up else prompt)
        else:
            self._generate(prompt[0], min(_WARM_UP_TOKENS, self.test.size) if warm_up else self.test.size)
        return self.test.tokens / (time.perf_counter() - begin)

    def _prompt(self, tokens: list[int]) -> None:
        for start in range(0, len(tokens), CHUNK_TOKENS):
            chunk = tokens[start : start + CHUNK_TOKENS]
            for row, token in enumerate(chunk):
                self._set(row, token, start + row, 0, start + row == len(tokens) - 1)
            self._decode(len(chunk))
        lib.llama_sampler_sample(self.sampler, self.context, -1)

    def _generate(self, first: int, size: int) -> None:
        streams = self.test.streams
        tokens = [(first + 7919 * stream) % self.vocabulary for stream in range(streams)]
        for position in range(size):
            for stream, token in enumerate(tokens):
                self._set(stream, token, position, stream, True)
            self._decode(streams)
            tokens = [lib.llama_sampler_sample(self.sampler, self.context, stream) for stream in range(streams)]

    def _set(self, row: int, token: int, position: int, sequence: int, wants_logits: bool) -> None:
        batch = self.batch
        batch.token[row] = token
        batch.pos[row] = position
        batch.n_seq_id[row] = 1
        batch.seq_id[row][0] = sequence
        batch.logits[row] = wants_logits

    def _decode(self, rows: int) -> None:
        self.batch.n_tokens = rows
        status = lib.llama_decode(self.context, self.batch)
        if status != 0:
            raise RuntimeError(f"llama_decode: status {status}")


@lib.llama_log_callback
def _ignore_log(_level: int, _text: bytes, _data: ctypes.c_void_p) -> None:
    pass


def main() -> int:
    parser = argument_parser(__doc__)
    parser.add_argument("--flash-attention", choices=tuple(_FLASH), default="both", help="default: the faster of both")
    arguments = parser.parse_args()
    test = workload(arguments)
    lib.llama_log_set(_ignore_log, ctypes.c_void_p(0))
    lib.llama_backend_init()
    model = lib.llama_model_load_from_file(os.fsencode(arguments.model), lib.llama_model_default_params())
    if not model:
        print(f"error: llama.cpp cannot read {arguments.model}", file=sys.stderr)
        return 1
    rates: dict[bool, list[float]] = {}
    for flash in _FLASH[arguments.flash_attention]:
        session = Session(model, test, flash)
        session.rate(warm_up=True)
        rates[flash] = [session.rate() for _ in range(arguments.repetitions)]
        session.close()
    medians = {flash: statistics.median(found) for flash, found in rates.items()}
    flash = max(medians, key=medians.__getitem__)
    print_result(
        test,
        arguments.model,
        rates[flash],
        version=f"llama-cpp-python {lib.__version__}",
        flash_attention=flash,
        tokens_per_second_by_flash_attention={"on" if flash else "off": rate for flash, rate in medians.items()},
        system=lib.llama_print_system_info().decode("utf-8", "replace").strip(),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
