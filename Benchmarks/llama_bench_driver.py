#!/usr/bin/env python3
"""Times a program that is built from llama.cpp's sources or a fork's, with its own benchmarks.

Prompts and generation are measured by llama-bench, streams by llama-batched-bench, which the fork's build has in
build/bin. llama-bench leaves the choice of the next token out, which Terse's figures contain: half a percent to the
peer's advantage.

Example, a peer for compare:
  llama_bench_driver.py --bin ~/ik_llama.cpp/build/bin --model 2b4t-iq2_bn.gguf \\
      --flags "-rtr 1 -fa 1" --batched-flags "-rtr -fa on"
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

from driver import argument_parser, print_result, workload
from processes import ProcessError, interrupt_on_signals, output
from workload import Workload

# Ends what hangs; compare has a limit of its own.
_TIMEOUT_S = 3600

# With a prompt of one token in each stream, streams begin as Terse's do.
_STREAM_PROMPT_TOKENS = 1


class FormatError(ValueError):
    """Output in which no result was found."""


def bench_command(program: Path, model: Path, test: Workload, repetitions: int, flags: list[str]) -> list[str]:
    """llama-bench, for a prompt or a generation."""
    sizes = [test.size, 0] if test.kind == "prompt" else [0, test.size]
    words = ["-m", model, "-p", sizes[0], "-n", sizes[1], "-t", test.threads, "-r", repetitions, "-o", "json"]
    return [str(word) for word in [program, *words, *flags]]


def batched_command(program: Path, model: Path, test: Workload, flags: list[str]) -> list[str]:
    """llama-batched-bench, for one run of streams."""
    # Two runs' room for each stream, since some versions round a stream's share up.
    context = max(512, 2 * test.streams * (_STREAM_PROMPT_TOKENS + test.size))
    words = ["-m", model, "-c", context, "-b", 512, "-ub", 512, "-t", test.threads, "-tb", test.threads]
    words += ["-npp", _STREAM_PROMPT_TOKENS, "-ntg", test.size, "-npl", test.streams]
    return [str(word) for word in [program, *words, *flags]]


def parse_bench(text: str) -> tuple[list[float], str]:
    """Tokens a second of each repetition, and the build, from llama-bench's JSON."""
    start, end = text.find("["), text.rfind("]")
    try:
        result = json.loads(text[start : end + 1])[0]
        return [float(rate) for rate in result["samples_ts"]], str(result.get("build_commit", "unknown"))
    except (ValueError, LookupError) as error:
        raise FormatError(f"llama-bench: expected JSON with samples_ts, found {text[-200:]!r}") from error


def parse_batched(text: str, streams: int) -> float:
    """Tokens a second of all streams together while they generate, from llama-batched-bench's table."""
    header: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.sub(r"^[^|]*", "", line).strip().strip("|").split("|")]
        if "S_TG t/s" in cells:
            header = cells
        elif header and len(cells) == len(header) and cells[header.index("B")] == str(streams):
            return float(cells[header.index("S_TG t/s")])
    raise FormatError(f"llama-batched-bench: expected a row for {streams} streams, found {text[-200:]!r}")


def main() -> int:
    parser = argument_parser(__doc__)
    parser.add_argument("--bin", type=Path, required=True, metavar="FOLDER", help="where llama-bench is")
    parser.add_argument("--flags", default="", metavar="FLAGS", help='more for llama-bench, like "-fa 1"')
    parser.add_argument("--batched-flags", default="", metavar="FLAGS", help='more for llama-batched-bench, like "-fa"')
    arguments = parser.parse_args()
    interrupt_on_signals()
    test, model, programs = workload(arguments), arguments.model.resolve(), arguments.bin.resolve()
    details = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # Some versions leave a log where they are started.
        if test.kind == "streams":
            program = programs / "llama-batched-bench"
            command = batched_command(program, model, test, shlex.split(arguments.batched_flags))
            # The table is on standard output or among the messages, by version.
            rates = [
                parse_batched(output(command, _TIMEOUT_S, with_errors=True, own_group=False), test.streams)
                for _ in range(arguments.repetitions)
            ]
        else:
            program = programs / "llama-bench"
            command = bench_command(program, model, test, arguments.repetitions, shlex.split(arguments.flags))
            rates, details["version"] = parse_bench(output(command, _TIMEOUT_S, own_group=False))
    print_result(test, model, rates, command=command, **details)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ProcessError, FormatError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
