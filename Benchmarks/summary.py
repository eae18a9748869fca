"""Medians over rounds, ratios within them, and fractions of the machine's limits."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace

from contenders import TERSE
from machine import Peak
from record import Measurement, Record
from workload import Workload

MEMORY, ARITHMETIC = "memory", "arithmetic"


@dataclass(frozen=True)
class Spread:
    """A median with its extremes: of tokens a second over rounds, or of ratios."""

    median: float
    min: float
    max: float


@dataclass(frozen=True)
class Fraction:
    """How near a rate comes to what the machine allows, and what allows no more."""

    value: float
    limit: str


@dataclass(frozen=True)
class Line:
    """One contender in one test: tokens a second, and Terse's as a multiple of it in each round that has both."""

    contender: str
    rate: Spread
    ratios: list[float]
    fraction: Fraction | None

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None


@dataclass(frozen=True)
class Comparison:
    """All contenders in one test on one model, Terse first."""

    model: str
    test: Workload
    lines: list[Line]

    def line(self, contender: str) -> Line | None:
        return next((line for line in self.lines if line.contender == contender), None)


class Limits:
    """The machine's limits: the most that was seen in any round."""

    def __init__(self, record: Record):
        self.record = record

    def bandwidth(self, threads: int) -> float | None:
        """Bytes that so many threads can read in a second."""
        return max(self.read_bandwidths(threads), default=None)

    def read_bandwidths(self, threads: int) -> list[float]:
        """Bytes a second: all that were measured with so many threads while nothing disturbed."""
        items = (item for item in self.record.measurements if item.test.threads == threads and not item.is_disturbed)
        return [item.read_bandwidth for item in items if item.read_bandwidth]

    def peak(self, threads: int) -> Peak | None:
        """Products that so many threads can make."""
        found = [peak for _, peak in self.record.peaks if peak.threads == threads]
        if not found:
            return None
        byte_rate = max(peak.byte_macs_per_second for peak in found)
        float_rate = max(peak.float_macs_per_second for peak in found)
        return replace(found[0], byte_macs_per_second=byte_rate, float_macs_per_second=float_rate)

    def fraction(self, item: Measurement) -> Fraction | None:
        """The least time for a token over the time taken, and which limit gives the least time."""
        times: dict[str, float] = {}
        bandwidth, peak = self.bandwidth(item.test.threads), self.peak(item.test.threads)
        if item.bytes_per_token and bandwidth:
            times[MEMORY] = item.bytes_per_token / bandwidth
        work = self.record.models.get(item.model)
        if work and peak:
            token = work.per_token(item.test)
            times[ARITHMETIC] = (
                token.byte_macs / peak.byte_macs_per_second + token.float_macs / peak.float_macs_per_second
            )
        if not times:
            return None
        limit = max(times, key=times.__getitem__)
        return Fraction(times[limit] * item.median, limit)


def contenders(record: Record) -> list[str]:
    """Terse first, then the others in the order in which they were first measured."""
    names = dict.fromkeys(item.contender for item in record.measurements)
    return sorted(names, key=lambda name: name != TERSE)


def undisturbed(record: Record) -> list[Measurement]:
    """All measurements but those that others disturbed; of a contender that has no other in a test, those, too."""
    calm = {(item.model, item.test, item.contender) for item in record.measurements if not item.is_disturbed}
    return [
        item
        for item in record.measurements
        if not item.is_disturbed or (item.model, item.test, item.contender) not in calm
    ]


def compare(record: Record) -> list[Comparison]:
    """Every test of every model, in the order of the record."""
    limits = Limits(record)
    keys = dict.fromkeys((item.model, item.test) for item in record.measurements)
    comparisons = []
    for model, test in sorted(keys, key=lambda key: (list(record.models).index(key[0]), -key[1].threads)):
        found = [item for item in undisturbed(record) if (item.model, item.test) == (model, test)]
        lines = [_line(name, found, limits) for name in contenders(record)]
        comparisons.append(Comparison(model, test, [line for line in lines if line]))
    return comparisons


def _line(name: str, found: list[Measurement], limits: Limits) -> Line | None:
    own = {item.round: item for item in found if item.contender == name}
    if not own:
        return None
    terse = {item.round: item.median for item in found if item.contender == TERSE}
    rate = Spread(
        statistics.median(item.median for item in own.values()),
        min(item.min for item in own.values()),
        max(item.max for item in own.values()),
    )
    ratios = [] if name == TERSE else [terse[number] / own[number].median for number in sorted(own) if number in terse]
    fractions = [fraction for fraction in (limits.fraction(item) for item in own.values()) if fraction]
    if not fractions:
        return Line(name, rate, ratios, None)
    value = statistics.median(fraction.value for fraction in fractions)
    return Line(name, rate, ratios, Fraction(value, statistics.mode(fraction.limit for fraction in fractions)))
