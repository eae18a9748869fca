"""What is timed: how many tokens of what kind, on how many threads. The kinds are those of `terse bench`."""

from __future__ import annotations

import re
from dataclasses import dataclass

KINDS = ("prompt", "generate", "streams")

_PATTERN = re.compile(r"(prompt|generate):([1-9][0-9]*)|(streams):([1-9][0-9]*)x([1-9][0-9]*)")


class UsageError(ValueError):
    """A wrong argument; the message says what was expected and what was found."""


@dataclass(frozen=True, order=True)
class Workload:
    """One test.

    - `prompt`: `size` tokens into an empty cache, up to the choice of the next token.
    - `generate`: `size` tokens one after the other, from an empty cache.
    - `streams`: `streams` sequences that each generate `size` tokens, a step of all in one batch.
    """

    kind: str
    size: int
    streams: int
    threads: int

    @property
    def tokens(self) -> int:
        """Tokens of one run, over all streams."""
        return self.size * self.streams

    @property
    def label(self) -> str:
        """As people say it: `8 streams of 48, 2 threads`."""
        name = {
            "prompt": f"prompt of {self.size}",
            "generate": f"generation of {self.size}",
            "streams": f"{self.streams} streams of {self.size}",
        }[self.kind]
        return f"{name}, {self.threads} thread{'s' if self.threads > 1 else ''}"

    def json(self) -> dict[str, object]:
        """The members that `terse bench --json` has, too."""
        return {"test": self.kind, "size": self.size, "streams": self.streams, "threads": self.threads}

    @classmethod
    def from_json(cls, value: dict) -> Workload:
        return cls(value["test"], int(value["size"]), int(value["streams"]), int(value["threads"]))


def parse_workloads(text: str, threads: list[int]) -> list[Workload]:
    """The tests that a list like `generate:64,prompt:512,streams:8x48` names, for each number of threads."""
    tests = []
    for count in threads:
        for word in text.split(","):
            match = _PATTERN.fullmatch(word.strip())
            if not match:
                raise UsageError(f"expected prompt:N, generate:N or streams:SxN, found {word.strip()!r}")
            if match[3]:
                tests.append(Workload(match[3], int(match[5]), int(match[4]), count))
            else:
                tests.append(Workload(match[1], int(match[2]), 1, count))
    return tests


def parse_counts(text: str) -> list[int]:
    """A list of positive numbers: `1,2`."""
    words = [word.strip() for word in text.split(",")]
    if not all(re.fullmatch(r"[1-9][0-9]*", word) for word in words):
        raise UsageError(f"expected positive numbers like 1,2, found {text!r}")
    return [int(word) for word in words]
