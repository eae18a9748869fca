"""Child processes that end with us: each has a process group of its own, which is killed whole."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

# How long a process may take to end when it is asked to.
_GRACE_S = 3

# How much of what a failed program wrote is shown.
_SHOWN_LINES = 6


class ProcessError(RuntimeError):
    """A program that could not be started, failed, or took too long; the message says which and why."""


def interrupt_on_signals() -> None:
    """SIGTERM and SIGHUP end us as Ctrl-C does, so that children are ended first."""

    def interrupt(number: int, _: object) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def output(
    command: list[str],
    timeout_s: float,
    environment: dict[str, str] | None = None,
    with_errors: bool = False,
    own_group: bool = True,
) -> str:
    """Runs a program to its end.

    - with_errors: standard error is part of what is returned.
    - own_group: whether the child leads a group; one that is itself started by us stays in its parent's.
    - Returns: its standard output.
    - Raises: ProcessError.
    """
    errors = subprocess.STDOUT if with_errors else subprocess.PIPE
    child = _start(command, subprocess.PIPE, errors, environment, own_group)
    try:
        out, err = child.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise ProcessError(f"{shlex.join(command)}: not done after {timeout_s:.0f} s") from None
    finally:
        _end(child, own_group)
        for pipe in (child.stdout, child.stderr):
            if pipe:
                pipe.close()
    _check(child, command, err if err is not None else out)
    return out


def run_logged(command: list[str], log: Path, title: str, environment: dict[str, str] | None = None) -> None:
    """Runs a program that takes minutes; its output goes to a file, and how long it has been going to standard error.

    - Raises: ProcessError, which names the log.
    """
    begin = time.monotonic()
    with open(log, "w+", encoding="utf-8", errors="replace") as file:
        child = _start(command, file, subprocess.STDOUT, environment, own_group=True)
        try:
            while True:
                try:
                    child.wait(timeout=30)
                    break
                except subprocess.TimeoutExpired:
                    print(f"  {title}: {time.monotonic() - begin:.0f} s so far (log: {log})", file=sys.stderr)
        finally:
            _end(child, own_group=True)
        file.seek(0)
        _check(child, command, f"{file.read()}\n(log: {log})")


def _start(
    command: list[str], out: object, errors: object, environment: dict[str, str] | None, own_group: bool
) -> subprocess.Popen:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            env={**os.environ, **(environment or {})},
            text=True,
            errors="replace",
            start_new_session=own_group,
        )
    except OSError as error:
        raise ProcessError(f"{command[0]}: {error.strerror}") from error


def _check(child: subprocess.Popen, command: list[str], messages: str) -> None:
    if child.returncode == 0:
        return
    code = child.returncode
    how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"failed with status {code}"
    lines = [line for line in messages.splitlines() if line.strip()][-_SHOWN_LINES:]
    raise ProcessError("\n  ".join([f"{shlex.join(command)}: {how}", *lines]))


def _end(child: subprocess.Popen, own_group: bool) -> None:
    """Ends a child that still runs, with all of its group."""
    if child.poll() is not None:
        return
    send = os.killpg if own_group else os.kill
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            send(child.pid, number)
            child.wait(timeout=_GRACE_S)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
