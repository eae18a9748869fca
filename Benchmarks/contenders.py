"""The programs that are measured: Terse, llama.cpp, and any peer with a driver."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from driver import test_arguments
from installation import Installation
from processes import ProcessError, output
from workload import UsageError, Workload

_HERE = Path(__file__).resolve().parent

TERSE = "Terse"


class Contender(Protocol):
    """A program that can run a test and say how fast it was."""

    name: str

    def measure(self, model: Path, test: Workload, repetitions: int, timeout_s: float) -> dict:
        """One object with the members that driver.py describes. Raises: ProcessError."""

    def version(self) -> dict[str, str]:
        """What is measured, for the record."""


def _checked(value: object, test: Workload, name: str) -> dict:
    """What a program printed, if it is the result of this test."""
    try:
        found = Workload.from_json(value)
        rates = value["tokens_per_second"]
        if found == test and all(float(rates[key]) > 0 for key in ("median", "min", "max")):
            return value
    except (LookupError, TypeError, ValueError):
        pass
    raise ProcessError(f"{name}: expected a result of {test.json()}, found {json.dumps(value)[:300]}")


def _parsed(text: str, name: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise ProcessError(f"{name}: expected JSON, found {text.strip()[:300]!r}") from None


@dataclass
class Terse:
    """`terse bench`."""

    program: Path
    name: str = TERSE

    def measure(self, model: Path, test: Workload, repetitions: int, timeout_s: float) -> dict:
        """Streams are measured beside one stream of as many tokens, which is passed over."""
        sizes = {
            "prompt": ["--prompt", test.size],
            "generate": ["--generate", test.size],
            "streams": ["--streams", test.streams, "--generate", test.size],
        }[test.kind]
        words = ["bench", model, *sizes, "--threads", test.threads, "--repetitions", repetitions, "--json"]
        text = output([str(word) for word in [self.program, *words]], timeout_s)
        results = _parsed(text, self.name)
        found = [item for item in results if (item["test"], item["streams"]) == (test.kind, test.streams)]
        return _checked(found[0] if found else results, test, self.name)

    def version(self) -> dict[str, str]:
        with open(self.program, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"version": output([str(self.program), "--version"], 60).strip(), "sha256": digest, **self._revision()}

    def _revision(self) -> dict[str, str]:
        """The commit of the checkout that the program was built in."""
        folder = self.program.resolve().parent
        try:
            return {"checkout": output(["git", "-C", str(folder), "describe", "--always", "--dirty"], 60).strip()}
        except ProcessError:
            return {}


@dataclass
class LlamaCpp:
    """llama.cpp as PyPI has it. Flash attention is tried both ways once, and is then as was faster."""

    installation: Installation
    name: str = "llama.cpp"
    _flash: dict[tuple[Path, Workload], str] = field(default_factory=dict)

    def measure(self, model: Path, test: Workload, repetitions: int, timeout_s: float) -> dict:
        driver = [str(self.installation.python), str(_HERE / "llama_cpp_driver.py"), "--model", str(model)]
        flash = ["--flash-attention", self._flash.get((model, test), "both")]
        text = output([*driver, *flash, *test_arguments(test, repetitions)], timeout_s)
        result = _checked(_parsed(text, self.name), test, self.name)
        self._flash[model, test] = "on" if result["flash_attention"] else "off"
        return result

    def version(self) -> dict[str, str]:
        return self.installation.version()


@dataclass
class Peer:
    """A command that prints a result for a test: see driver.py."""

    name: str
    command: list[str]

    @classmethod
    def parse(cls, text: str) -> Peer:
        """From `NAME=COMMAND`, the command quoted as for a shell."""
        match = re.fullmatch(r"([^=|]+)=(.+)", text, re.DOTALL)
        try:
            command = shlex.split(match[2]) if match else []
        except ValueError as error:
            raise UsageError(f"--peer {text}: {error}") from error
        if not command or match[1] == TERSE:
            raise UsageError(f"--peer: expected NAME=COMMAND, found {text!r}")
        return cls(match[1], command)

    def measure(self, model: Path, test: Workload, repetitions: int, timeout_s: float) -> dict:
        command = [word.replace("{model}", str(model)) for word in self.command]
        text = output([*command, *test_arguments(test, repetitions)], timeout_s)
        return _checked(_parsed(text, self.name), test, self.name)

    def version(self) -> dict[str, str]:
        """The driver says more with each result."""
        return {"command": shlex.join(self.command)}


def find_terse(path: Path | None) -> Terse:
    """The program that was named, or this checkout's release build. Raises: UsageError."""
    default = _HERE.parent / ".build" / "release" / "terse"
    program = path or default
    if not program.is_file():
        how = "; build it with `./run --version` or `swift build -c release`, or name another with --terse PATH"
        raise UsageError(f"no program {program}{'' if path else how}")
    return Terse(program.resolve() if path else program)


def write_model(terse: Terse, cache: Path, shape: str, kind: str, head_cosine: float | None) -> Path:
    """A random model of this shape and weight type, made once.

    - head_cosine: how far the next token's row of the head stands out; None: no row does.
    - Raises: ProcessError.
    """
    suffix = f"-cosine{head_cosine:g}" if head_cosine is not None else ""
    path = cache / f"{shape}-{kind}{suffix}.gguf"
    if path.exists():
        return path
    print(f"writing {path}", file=sys.stderr)
    # Terse wants the ending; what is half written never gets the name that is looked for.
    partial = path.with_name(f"partial-{path.name}")
    command = [str(terse.program), "bench", "--synthetic", shape, "--type", kind, "--synthetic-output", str(partial)]
    if head_cosine is not None:
        command += ["--head-cosine", str(head_cosine), "--generate", "128", "--streams", "16"]
    output(command, timeout_s=3600)
    partial.rename(path)
    return path
