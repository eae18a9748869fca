"""The comparison as text for a terminal and as Markdown for the documentation."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from contenders import TERSE
from record import DISTURBED_CPUS, Record
from summary import Comparison, Fraction, Limits, Line, Spread, compare, contenders, undisturbed


def figures(value: float) -> str:
    """Three figures, as many as the machine's noise leaves: 5810, 177, 44.1, 0.96."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(value: Spread) -> str:
    """`44.1 (43.8–45.5)`"""
    return f"{figures(value.median)} ({figures(value.min)}–{figures(value.max)})"


def ratio(line: Line, strong: bool = False) -> str:
    """The median, then each round: `1.18 (1.18, 1.27, 1.15)`"""
    if line.ratio is None:
        return "–"
    median = f"**{line.ratio:.2f}**" if strong else f"{line.ratio:.2f}"
    return median if len(line.ratios) == 1 else f"{median} ({', '.join(f'{value:.2f}' for value in line.ratios)})"


def fraction(value: Fraction | None) -> str:
    """`90 % of memory`"""
    return f"{100 * value.value:.0f} % of {value.limit}" if value else "–"


def text(record: Record) -> str:
    """A table with a line for each contender in each test, below what the machine is and can do."""
    rows = [["model", "test", "", "tokens/s", "min–max", "Terse is × as fast", "of limit"]]
    for comparison in compare(record):
        for line in comparison.lines:
            first = line is comparison.lines[0]
            extremes = f"{figures(line.rate.min)}–{figures(line.rate.max)}"
            head = [comparison.model, comparison.test.label] if first else ["", ""]
            rate, times = figures(line.rate.median), "" if line.contender == TERSE else ratio(line)
            rows.append([*head, line.contender, rate, extremes, times, fraction(line.fraction)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([*_about(record), "", *lines, *_notes(record)]) + "\n"


def markdown(record: Record) -> str:
    """Two sentences on the machine, then a table for each model."""
    parts = ["\n".join(_about(record))]
    comparisons = compare(record)
    for model in dict.fromkeys(comparison.model for comparison in comparisons):
        chosen = [comparison for comparison in comparisons if comparison.model == model]
        parts.append(f"{model}:\n\n" + _markdown_table(chosen, contenders(record)))
    return "\n\n".join(part for part in [*parts, "\n".join(_notes(record))] if part) + "\n"


def _markdown_table(comparisons: list[Comparison], names: list[str]) -> str:
    peers = [name for name in names if name != TERSE and any(comparison.line(name) for comparison in comparisons)]
    header = ["", f"{TERSE}, tokens/s", "of limit"]
    for peer in peers:
        header += [peer, "Terse is × as fast"]
    rows = [header, ["---"] * len(header)]
    for comparison in comparisons:
        terse = comparison.line(TERSE)
        row = [comparison.test.label, spread(terse.rate), fraction(terse.fraction)] if terse else ["–"] * 3
        for peer in peers:
            line = comparison.line(peer)
            row += [spread(line.rate), ratio(line, strong=True)] if line else ["–", "–"]
        rows.append(row)
    return "\n".join(f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rows)


def _about(record: Record) -> Iterable[str]:
    """Date, host, programs, limits."""
    host = record.host
    yield (
        f"{record.date[:10]}, {host['processor']}, {host['physical_cores']} cores, Linux {host['kernel']}, "
        f"{host['system']}."
    )
    limits = Limits(record)
    for threads in sorted({item.test.threads for item in record.measurements}):
        found, bandwidths, peak = [], limits.read_bandwidths(threads), limits.peak(threads)
        if bandwidths:
            middle, most = statistics.median(bandwidths) / 1e9, max(bandwidths) / 1e9
            found.append(f"reads at most {figures(most)} GB/s (median of readings {figures(middle)})")
        if peak:
            found.append(f"{figures(peak.byte_macs_per_second / 1e9)} GMAC/s of bytes ({peak.byte_kernel})")
            found.append(f"{figures(peak.float_macs_per_second / 1e9)} of floats ({peak.float_kernel})")
        if found:
            yield f"{threads} thread{'s' if threads > 1 else ''}: {', '.join(found)}."
    versions = {name: about["version"] for name, about in record.programs.items() if "version" in about}
    yield "; ".join(f"{name}: {version}" for name, version in versions.items()) + "."


def _notes(record: Record) -> Iterable[str]:
    """What was left out, and what failed."""
    disturbed, left_out = sum(item.is_disturbed for item in record.measurements), len(record.measurements)
    left_out -= len(undisturbed(record))
    if disturbed:
        yield (
            f"{disturbed} of {len(record.measurements)} measurements were disturbed: other programs used more than "
            f"{DISTURBED_CPUS} processors; {left_out} of them are left out."
        )
    for failure in record.failures:
        yield f"failed in round {failure['round'] + 1}: {failure['contender']}, {failure['test']}: {failure['message']}"
