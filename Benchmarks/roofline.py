"""The roofline as SVG: multiplications a second over multiplications per byte of weights read.

Model: S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model", CACM 52(4), 2009.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from html import escape

from contenders import TERSE
from record import Record
from summary import Limits, compare, contenders, undisturbed
from tables import figures
from workload import Workload

# Of the picture, in pixels; the plot is what the margins leave.
_WIDTH, _HEIGHT = 800, 500
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 56, 56

# Colours that the colour-blind tell apart (Okabe and Ito), darker on light ground; shapes tell them apart, too.
_LIGHT = ["#0060a8", "#b34a00", "#00795a", "#a03d78", "#806000", "#555555"]
_DARK = ["#6cc0ff", "#ff9a4d", "#3ddbab", "#f09acb", "#e6c84a", "#bbbbbb"]
_SHAPES = ["circle", "square", "triangle", "diamond", "hourglass", "roof"]
_CORNERS = {
    "square": [(-5, -5), (5, -5), (5, 5), (-5, 5)],
    "triangle": [(0, -6.5), (6, 5), (-6, 5)],
    "diamond": [(0, -7), (7, 0), (0, 7), (-7, 0)],
    "hourglass": [(-6, -6), (6, -6), (-6, 6), (6, 6)],
    "roof": [(0, -7), (6, -1), (4, 6), (-4, 6), (-6, -1)],
}


class RooflineError(ValueError):
    """A record that lacks what the picture shows."""


@dataclass(frozen=True)
class Point:
    """One contender in one test: multiplications per byte, and thousand millions of them a second."""

    contender: str
    test: Workload
    intensity: float
    rate: float


@dataclass(frozen=True)
class Roof:
    """The limits: bytes a second, multiplications of bytes a second."""

    bandwidth: float
    peak: float

    @property
    def ridge(self) -> float:
        """The intensity from which arithmetic is the limit."""
        return self.peak / self.bandwidth

    def at(self, intensity: float) -> float:
        """Thousand millions of multiplications a second that are possible."""
        return min(self.peak, self.bandwidth * intensity) / 1e9


@dataclass(frozen=True)
class LogScale:
    """Places values from `low` to `high` between two coordinates, factors being distances."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """1, 2 and 5 of each decade, and their multiples by ten, as far as they lie within."""
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        values = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
        return [value for value in values if self.low <= value * 1.0001 and value <= self.high * 1.0001]


def points(record: Record, model: str, threads: int) -> list[Point]:
    """Every test of this model with so many threads, at the median of its rates."""
    work, found = record.models[model], []
    for comparison in compare(record):
        if comparison.model != model or comparison.test.threads != threads:
            continue
        macs = work.per_token(comparison.test).macs
        for line in comparison.lines:
            per_token = [
                item.bytes_per_token
                for item in undisturbed(record)
                if (item.model, item.test, item.contender) == (model, comparison.test, line.contender)
                and item.bytes_per_token
            ]
            if per_token:
                intensity = macs / statistics.median(per_token)
                found.append(Point(line.contender, comparison.test, intensity, line.rate.median * macs / 1e9))
    return found


def roof(record: Record, threads: int) -> Roof:
    """What the machine allows. Raises: RooflineError."""
    limits = Limits(record)
    bandwidth, peak = limits.bandwidth(threads), limits.peak(threads)
    if not bandwidth or not peak:
        raise RooflineError(f"no bandwidth or no peak was measured with {threads} threads")
    return Roof(bandwidth, peak.byte_macs_per_second)


def draw(record: Record, model: str | None = None, threads: int | None = None) -> str:
    """The picture of one model, the first if none is named, with the most threads if no number is given.

    - Raises: RooflineError.
    """
    if not record.measurements:
        raise RooflineError("the record holds no measurement")
    model = model or record.measurements[0].model
    if model not in record.models:
        raise RooflineError(f"expected one of {', '.join(record.models)}, found {model}")
    tests = [item.test for item in record.measurements if item.model == model]
    threads = threads or max((test.threads for test in tests), default=1)
    found, limit = points(record, model, threads), roof(record, threads)
    if not found:
        raise RooflineError(f"{model} was not measured with {threads} threads")
    return _Picture(found, limit, contenders(record)).svg(
        f"{model}, {threads} threads, {record.host['processor']}, {record.date[:10]}"
    )


class _Picture:
    def __init__(self, found: list[Point], limit: Roof, names: list[str]):
        self.points, self.roof = found, limit
        self.names = [name for name in names if any(point.contender == name for point in found)]
        intensities = [point.intensity for point in found] + [limit.ridge]
        rates = [point.rate for point in found] + [limit.peak / 1e9]
        self.x = LogScale(min(intensities) / 2, max(intensities) * 2, _LEFT, _WIDTH - _RIGHT)
        self.y = LogScale(min(rates) / 2.5, max(rates) * 1.6, _HEIGHT - _BOTTOM, _TOP)

    def svg(self, title: str) -> str:
        parts = [self._head(title), *self._axes(), *self._roofs(), *self._points(), *self._labels(), *self._legend()]
        return "\n".join([*parts, "</svg>"]) + "\n"

    def _head(self, title: str) -> str:
        def colours(values: list[str]) -> str:
            return " ".join(f".c{index} {{ fill: {value}; }}" for index, value in enumerate(values))

        return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-size="13"
    font-family="system-ui, sans-serif" aria-label="Roofline: {escape(title)}">
<style>
.ground {{ fill: #ffffff; }} text {{ fill: #1f2328; }} .faint {{ fill: #59636e; }}
.grid {{ stroke: #d8dee4; }} .roof {{ stroke: #1f2328; }}
{colours(_LIGHT)}
@media (prefers-color-scheme: dark) {{
.ground {{ fill: #0d1117; }} text {{ fill: #e6edf3; }} .faint {{ fill: #9198a1; }}
.grid {{ stroke: #30363d; }} .roof {{ stroke: #e6edf3; }}
{colours(_DARK)}
}}
</style>
<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}"/>
{_text(_LEFT, 22, title, "start")}"""

    def _axes(self) -> list[str]:
        left, right, top, bottom = _LEFT, _WIDTH - _RIGHT, _TOP, _HEIGHT - _BOTTOM
        parts = []
        for value in self.x.ticks():
            parts.append(_line(self.x.at(value), top, self.x.at(value), bottom, "grid"))
            parts.append(_text(self.x.at(value), bottom + 18, f"{value:g}", "middle", "faint"))
        for value in self.y.ticks():
            parts.append(_line(left, self.y.at(value), right, self.y.at(value), "grid"))
            parts.append(_text(left - 8, self.y.at(value) + 4, f"{value:g}", "end", "faint"))
        parts.append(_text((left + right) / 2, _HEIGHT - 14, "multiplications per byte of weights read", "middle"))
        middle = (top + bottom) / 2
        parts.append(_text(18, middle, "GMAC/s", "middle", turn=f"rotate(-90 18 {middle:.1f})"))
        return parts

    def _roofs(self) -> list[str]:
        """The slope of the memory up to the ridge, then the level of arithmetic."""
        low = max(self.x.low, self.y.low * 1e9 / self.roof.bandwidth)
        corners = [(value, self.roof.at(value)) for value in (low, self.roof.ridge, self.x.high)]
        path = " ".join(f"{self.x.at(x):.1f},{self.y.at(y):.1f}" for x, y in corners)
        slope_x = math.sqrt(low * self.roof.ridge)
        x, y = self.x.at(slope_x), self.y.at(self.roof.at(slope_x))
        rise = (self.x.at(10) - self.x.at(1), self.y.at(10) - self.y.at(1))
        angle = math.degrees(math.atan2(rise[1], rise[0]))
        memory = f"memory reads {figures(self.roof.bandwidth / 1e9)} GB/s"
        arithmetic = f"byte products, {figures(self.roof.peak / 1e9)} GMAC/s"
        level = self.y.at(self.roof.peak / 1e9)
        return [
            f'<polyline class="roof" fill="none" stroke-width="2" points="{path}"/>',
            _text(x, y - 9, memory, "middle", turn=f"rotate({angle:.1f} {x:.1f} {y:.1f})"),
            _text(_WIDTH - _RIGHT - 6, level - 9, arithmetic, "end"),
        ]

    def _points(self) -> list[str]:
        # Terse last, so that it lies on top.
        ordered = sorted(self.points, key=lambda point: -self.names.index(point.contender))
        return [
            _marker(self.x.at(point.intensity), self.y.at(point.rate), self.names.index(point.contender), point)
            for point in ordered
        ]

    def _labels(self) -> list[str]:
        """Below each test's points, what it is; above Terse's, how near it comes to the roof."""
        parts = []
        for test in dict.fromkeys(point.test for point in self.points):
            group = [point for point in self.points if point.test == test]
            places = [(self.x.at(point.intensity), self.y.at(point.rate)) for point in group]
            x, bottom = statistics.mean(place[0] for place in places), max(place[1] for place in places)
            parts.append(_text(x, bottom + 24, _short_label(test), "middle"))
            for point, (right, top) in zip(group, places):
                if point.contender == TERSE:
                    share = f"{100 * point.rate / self.roof.at(point.intensity):.0f} %"
                    parts.append(_text(right, top - 11, share, "middle", "faint"))
        return parts

    def _legend(self) -> list[str]:
        parts, x = [], _LEFT + 6.0
        for index, name in enumerate(self.names):
            parts += [_marker(x, 40, index, None), _text(x + 11, 44, name, "start")]
            x += 34 + 7.2 * len(name)
        return [*parts, _text(_WIDTH - _RIGHT, 44, f"%: {TERSE}, of the roof", "end", "faint")]


def _short_label(test: Workload) -> str:
    return {
        "prompt": f"prompt of {test.size}",
        "generate": "1 stream",
        "streams": f"{test.streams} streams",
    }[test.kind]


def _line(x1: float, y1: float, x2: float, y2: float, name: str) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, anchor: str, name: str = "", turn: str = "") -> str:
    more = (f' class="{name}"' if name else "") + (f' transform="{turn}"' if turn else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def _marker(x: float, y: float, index: int, point: Point | None) -> str:
    """A shape at a place; hovering shows the figures of its point."""
    note = ""
    if point:
        place = f"{figures(point.rate)} GMAC/s at {figures(point.intensity)} MAC/B"
        note = f"<title>{escape(f'{point.contender}, {point.test.label}: {place}')}</title>"
    shape = _SHAPES[index % len(_SHAPES)]
    name = f'class="c{index % len(_LIGHT)}"'
    if shape == "circle":
        return f'<circle {name} cx="{x:.1f}" cy="{y:.1f}" r="6">{note}</circle>'
    path = " ".join(f"{x + right:.1f},{y + down:.1f}" for right, down in _CORNERS[shape])
    return f'<polygon {name} points="{path}">{note}</polygon>'
