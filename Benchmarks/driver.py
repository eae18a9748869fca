"""What drivers of other programs share: the arguments they are called with, the line of JSON they print.

A driver runs one test and prints one object, with the members of `terse bench --json`:

    {"test", "size", "streams", "threads", "tokens_per_second": {"median", "min", "max"}}

and, where it knows them, `bytes_per_token` (of weights), `version` and whatever else is worth keeping.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path

from gguf import GGUFError, read_work
from workload import KINDS, Workload


def test_arguments(test: Workload, repetitions: int) -> list[str]:
    """What `compare` adds to a peer's command."""
    words = ["--test", test.kind, "--size", test.size, "--streams", test.streams, "--threads", test.threads]
    return [str(word) for word in [*words, "--repetitions", repetitions]]


def argument_parser(description: str) -> argparse.ArgumentParser:
    """A parser that knows the test's arguments and the model."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, metavar="FILE", help="the GGUF file to measure")
    test = parser.add_argument_group("the test; compare adds these")
    test.add_argument("--test", choices=KINDS, required=True)
    test.add_argument("--size", type=int, required=True, metavar="N", help="tokens of the prompt, or of each stream")
    test.add_argument("--streams", type=int, default=1, metavar="N", help="sequences that generate at once")
    test.add_argument("--threads", type=int, required=True, metavar="N")
    test.add_argument("--repetitions", type=int, default=1, metavar="N", help="measurements after a warm-up")
    return parser


def workload(arguments: argparse.Namespace) -> Workload:
    """The test that was asked for."""
    return Workload(arguments.test, arguments.size, arguments.streams, arguments.threads)


def summary(rates: list[float]) -> dict[str, float]:
    """Tokens a second, each repetition having one."""
    return {"median": statistics.median(rates), "min": min(rates), "max": max(rates)}


def print_result(test: Workload, model: Path, rates: list[float], **details: object) -> None:
    """Prints the line that `compare` reads."""
    result = {**test.json(), "tokens_per_second": summary(rates), **details}
    try:
        result["bytes_per_token"] = read_work(model).per_token(test).bytes
    except (GGUFError, OSError):
        pass  # A figure less.
    print(json.dumps(result), flush=True)
