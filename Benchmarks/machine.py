"""The machine: what it is, and how much arithmetic it can do."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from processes import output

_HERE = Path(__file__).resolve().parent


def physical_cores() -> int:
    """Cores that this process may use, siblings of one core counted once."""
    cores = set()
    for cpu in os.sched_getaffinity(0):
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        cores.add(siblings.read_text() if siblings.exists() else str(cpu))
    return len(cores)


def _cpu_field(*names: str) -> str:
    """The first of these fields in /proc/cpuinfo; x86 and Arm name them differently."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "unknown"
    for name in names:
        for line in lines:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return "unknown"


def processor_hash() -> str:
    """Tells processors apart for which native code differs."""
    text = platform.machine() + _cpu_field("model name", "CPU part") + _cpu_field("flags", "Features")
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def describe() -> dict[str, object]:
    """The host, for the record."""
    return {
        "processor": _cpu_field("model name", "CPU part"),
        "flags": _cpu_field("flags", "Features"),
        "architecture": platform.machine(),
        "physical_cores": physical_cores(),
        "logical_cpus": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "system": _system_name(),
        "python": platform.python_version(),
    }


def _system_name() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()


class CPUWatch:
    """Says how many processors others kept busy since it was made; what we waited for is our own."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._busy, self._own = self._busy_s(), self._own_s()

    def others(self) -> float | None:
        """Processors, on average; None where the system does not say."""
        elapsed, busy = time.monotonic() - self._begin, self._busy_s()
        if busy is None or self._busy is None or elapsed <= 0:
            return None
        return max(0.0, (busy - self._busy - (self._own_s() - self._own)) / elapsed)

    @staticmethod
    def _busy_s() -> float | None:
        """Seconds of all processors since the start, idleness and waiting for disks left out."""
        try:
            fields = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        except (OSError, ValueError):
            return None
        return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _own_s() -> float:
        """Seconds of this process and of its children that have ended."""
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system


@dataclass(frozen=True)
class Peak:
    """Multiplications a second of all threads together, from registers."""

    threads: int
    byte_kernel: str
    byte_macs_per_second: float
    float_kernel: str
    float_macs_per_second: float

    def json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict) -> Peak:
        return cls(**{name: value[name] for name in cls.__dataclass_fields__})


class PeakProgram:
    """peak.c, compiled for this processor."""

    def __init__(self, cache: Path):
        """Raises: ProcessError when it does not compile, FileNotFoundError where there is no C compiler."""
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if not compiler:
            raise FileNotFoundError("no C compiler (cc): the peak of arithmetic is not measured")
        source = _HERE / "peak.c"
        version = hashlib.sha256(source.read_bytes()).hexdigest()[:8]
        self.program = cache / f"peak-{version}-{processor_hash()}"
        if not self.program.exists():
            command = [compiler, "-O2", "-march=native", "-pthread", str(source), "-o", f"{self.program}.new"]
            output(command, timeout_s=120)
            os.replace(f"{self.program}.new", self.program)

    def measure(self, threads: int) -> Peak:
        """Takes about two thirds of a second."""
        return Peak.from_json(json.loads(output([str(self.program), str(threads)], timeout_s=60)))
