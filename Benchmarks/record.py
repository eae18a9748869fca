"""What was measured, raw: kept as JSON, read again, and joined from several files."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from gguf import ModelWork
from machine import Peak
from workload import Workload

FORMAT = 1

# Processors that others may keep busy during a test, on average, before it counts as disturbed.
DISTURBED_CPUS = 0.15


class RecordError(ValueError):
    """A file that is no record of this format."""


@dataclass(frozen=True)
class Measurement:
    """One contender's result of one test in one round; rates are tokens a second."""

    round: int
    model: str
    test: Workload
    contender: str
    median: float
    min: float
    max: float
    raw: dict

    @property
    def bytes_per_token(self) -> float | None:
        """Bytes of weights that the contender reads for a token, by its own account or its file's shapes."""
        return self.raw.get("bytes_per_token")

    @property
    def is_disturbed(self) -> bool:
        """Whether others used the processors meanwhile; the system itself uses a little."""
        return (self.raw.get("other_cpus") or 0) > DISTURBED_CPUS

    @property
    def read_bandwidth(self) -> float | None:
        """Bytes a second, if the contender measures it as Terse does."""
        return self.raw.get("read_bandwidth_bytes_per_second")

    def json(self) -> dict[str, object]:
        return {"round": self.round, "model": self.model, "contender": self.contender, "result": self.raw}

    @classmethod
    def from_result(cls, round: int, model: str, contender: str, raw: dict) -> Measurement:
        """From an object that `terse bench` or a driver printed."""
        rates = raw["tokens_per_second"]
        return cls(
            round, model, Workload.from_json(raw), contender, rates["median"], rates["min"], rates["max"], raw
        )


@dataclass
class Record:
    """All that one or several runs of compare found out. Rounds count from 0."""

    date: str
    host: dict
    programs: dict[str, dict] = field(default_factory=dict)
    models: dict[str, ModelWork] = field(default_factory=dict)
    peaks: list[tuple[int, Peak]] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    failures: list[dict] = field(default_factory=list)

    def json(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "date": self.date,
            "host": self.host,
            "programs": self.programs,
            "models": {name: work.json() for name, work in self.models.items()},
            "peaks": [{"round": number, **peak.json()} for number, peak in self.peaks],
            "measurements": [measurement.json() for measurement in self.measurements],
            "failures": self.failures,
        }

    def save(self, path: Path) -> None:
        """Replaces the file at once, so that a crash leaves the old or the new."""
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(json.dumps(self.json(), indent=1) + "\n", encoding="utf-8")
        os.replace(partial, path)

    @classmethod
    def load(cls, path: Path) -> Record:
        """Raises: RecordError."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            if value["format"] != FORMAT:
                raise RecordError(f"{path}: expected format {FORMAT}, found {value['format']}")
            return cls._from_json(value)
        except OSError as error:
            raise RecordError(f"{path}: {error.strerror}") from error
        except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise RecordError(f"{path}: no record of compare: {type(error).__name__} {error}") from error

    @classmethod
    def _from_json(cls, value: dict) -> Record:
        return cls(
            date=value["date"],
            host=value["host"],
            programs=value["programs"],
            models={name: ModelWork.from_json(work) for name, work in value["models"].items()},
            peaks=[(peak["round"], Peak.from_json(peak)) for peak in value["peaks"]],
            measurements=[
                Measurement.from_result(item["round"], item["model"], item["contender"], item["result"])
                for item in value["measurements"]
            ],
            failures=value["failures"],
        )

    def join(self, other: Record) -> None:
        """Adds another record's rounds after one's own. Raises: RecordError for one of another processor."""
        for key in ("processor", "flags"):
            if self.host[key] != other.host[key]:
                raise RecordError(f"records of two machines: {key} {self.host[key]} and {other.host[key]}")
        rounds = [item.round for item in self.measurements] + [number for number, _ in self.peaks]
        first = max(rounds, default=-1) + 1
        self.programs.update(other.programs)
        self.models.update(other.models)
        self.peaks += [(number + first, peak) for number, peak in other.peaks]
        for item in other.measurements:
            self.measurements.append(
                Measurement.from_result(item.round + first, item.model, item.contender, item.raw)
            )
        self.failures += [{**failure, "round": failure["round"] + first} for failure in other.failures]
