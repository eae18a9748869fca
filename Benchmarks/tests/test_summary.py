import unittest

import tables
from gguf import ModelWork, Work
from machine import Peak
from record import Measurement, Record
from summary import ARITHMETIC, MEMORY, Fraction, compare, contenders
from workload import Workload

GENERATE = Workload("generate", 64, 1, 2)
PROMPT = Workload("prompt", 512, 1, 2)


def result(round: int, contender: str, rate: float, test: Workload = GENERATE, **more: object) -> Measurement:
    rates = {"median": rate, "min": rate - 1, "max": rate + 1}
    return Measurement.from_result(round, "m", contender, {**test.json(), "tokens_per_second": rates, **more})


def record(measurements: list[Measurement]) -> Record:
    host = {"processor": "P", "flags": "f", "physical_cores": 2, "kernel": "6", "system": "S"}
    work = ModelWork(Work(400e6, 2e9, 0), Work(100e6, 0.5e9, 0))
    peaks = [(number, Peak(2, "k", 500e9, "f", 50e9)) for number in range(3)]
    return Record("2026-01-02T03:04:05+00:00", host, {}, {"m": work}, peaks, measurements)


class SummaryTests(unittest.TestCase):
    def test_medians_and_ratios_within_rounds(self):
        rates = {"llama.cpp": [20, 40, 25], "Terse": [40, 50, 45]}
        found = record([result(number, name, rates[name][number]) for number in range(3) for name in rates])
        self.assertEqual(contenders(found), ["Terse", "llama.cpp"])
        terse, peer = compare(found)[0].lines
        self.assertEqual((terse.rate.median, terse.rate.min, terse.rate.max), (45, 39, 51))
        self.assertEqual(peer.ratios, [2.0, 1.25, 1.8])
        self.assertEqual(peer.ratio, 1.8)

    def test_a_round_in_which_one_failed_has_no_ratio(self):
        found = record([result(0, "Terse", 40), result(1, "Terse", 50), result(1, "peer", 25)])
        self.assertEqual(compare(found)[0].line("peer").ratios, [2.0])

    def test_what_was_disturbed_is_left_out_unless_there_is_nothing_else(self):
        disturbed = [result(0, "Terse", 10, other_cpus=1.0), result(0, "p", 5, other_cpus=1.0)]
        found = record([*disturbed, result(1, "Terse", 50)])
        terse, peer = compare(found)[0].lines
        self.assertEqual((terse.rate.median, peer.rate.median), (50, 5))
        self.assertIn("2 of 3 measurements were disturbed", tables.text(found))
        self.assertIn("1 of them are left out", tables.text(found))

    def test_the_nearer_limit_decides(self):
        slow_memory = {"bytes_per_token": 500e6, "read_bandwidth_bytes_per_second": 25e9}
        found = record(
            [
                result(0, "Terse", 40, **slow_memory),
                result(0, "peer", 20, bytes_per_token=1e9),
                result(0, "Terse", 100, PROMPT, **{**slow_memory, "bytes_per_token": 1e6}),
            ]
        )
        generation, prompt = compare(found)
        self.assertEqual(generation.lines[0].fraction, Fraction(0.8, MEMORY))
        self.assertEqual(generation.lines[1].fraction, Fraction(0.8, MEMORY))
        self.assertEqual(prompt.lines[0].fraction.limit, ARITHMETIC)
        self.assertAlmostEqual(prompt.lines[0].fraction.value, 100 * (2e9 + 0.5e9 / 512) / 500e9)


class TableTests(unittest.TestCase):
    def test_figures(self):
        found = [tables.figures(value) for value in (5810.4, 177.4, 44.14, 0.964)]
        self.assertEqual(found, ["5810", "177", "44.1", "0.96"])

    def test_markdown(self):
        found = record(
            [result(number, name, rate + number) for number in range(2) for name, rate in (("Terse", 40), ("p", 20))]
        )
        found.programs = {"Terse": {"version": "1"}, "p": {"command": "secret"}}
        text = tables.markdown(found)
        self.assertIn("| | Terse, tokens/s | of limit | p | Terse is × as fast |\n| --- |", text)
        cells = "| 40.5 (39.0–42.0) | 20 % of arithmetic | 20.5 (19.0–22.0) | **1.98** (2.00, 1.95) |"
        self.assertIn(f"| generation of 64, 2 threads {cells}", text)
        self.assertIn("2 threads: 500 GMAC/s of bytes (k), 50.0 of floats (f).", text)
        self.assertNotIn("secret", text)

    def test_a_contender_that_was_not_measured_leaves_its_cells_empty(self):
        found = record([result(0, "Terse", 40), result(0, "p", 20), result(0, "Terse", 100, PROMPT)])
        row = "| prompt of 512, 2 threads | 100 (99.0–101) | 40 % of arithmetic | – | – |"
        self.assertIn(row, tables.markdown(found))
        self.assertIn("prompt of 512, 2 threads", tables.text(found))
