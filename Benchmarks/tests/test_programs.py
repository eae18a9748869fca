import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from contenders import Peer, Terse, find_terse
from llama_bench_driver import FormatError, bench_command, batched_command, parse_batched, parse_bench
from processes import ProcessError, output
from workload import UsageError, Workload

HERE = Path(__file__).resolve().parent.parent
STREAMS = Workload("streams", 4, 8, 2)
GENERATE = Workload("generate", 4, 1, 2)

# A program that prints what a driver prints, or what `terse bench --json` prints.
STAND_IN = """#!/usr/bin/env python3
import json, sys
words = sys.argv[1:]
if words == ["--version"]:
    sys.exit(print("1.2.3"))
take = lambda name, default: int(words[words.index(name) + 1]) if name in words else default
rates = {"median": 8.5, "min": 8, "max": 9}
def result(kind, size, streams):
    return {"test": kind, "size": size, "streams": streams, "threads": take("--threads", 1), "tokens_per_second": rates}
if "--test" in words:
    print(json.dumps(result(words[words.index("--test") + 1], take("--size", 1), take("--streams", 1))))
else:
    size = take("--generate", 1)
    print(json.dumps([result("generate", size, 1), result("streams", size, take("--streams", 1))]))
"""


class ContenderTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.program = Path(self.folder.name, "stand in")
        self.program.write_text(STAND_IN)
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def test_results_of_terse_and_of_peers(self):
        peer = Peer.parse(f"name='{self.program}' --model {{model}}")
        for contender in (Terse(self.program), peer):
            raw = contender.measure(Path("m.gguf"), STREAMS, 1, 60)
            self.assertEqual(Workload.from_json(raw), STREAMS)
            self.assertEqual(raw["tokens_per_second"]["median"], 8.5)

    def test_peers_that_answer_wrongly_are_told_of(self):
        for command, message in (
            ("echo no", "expected JSON"),
            ("true", "expected JSON"),
            ("sh -c 'echo {}'", "expected a result"),
            ("false", "failed with status 1"),
            ("/nowhere/program", "No such file"),
            ("sh -c 'echo the reason >&2; kill -9 $$'", "ended by SIGKILL\n  the reason"),
        ):
            with self.subTest(command), self.assertRaisesRegex(ProcessError, message):
                Peer.parse(f"peer={command}").measure(Path("m.gguf"), GENERATE, 1, 60)

    def test_names_and_commands_are_checked(self):
        for text in ("", "name", "name=", "=true", "Terse=true", "name='", "a|b=true"):
            with self.subTest(text), self.assertRaises(UsageError):
                Peer.parse(text)

    def test_a_missing_terse_says_how_to_build_it(self):
        with self.assertRaisesRegex(UsageError, "/nowhere/terse"):
            find_terse(Path("/nowhere/terse"))

    def test_the_whole_comparison(self):
        record = Path(self.folder.name, "record.json")
        model = Path(self.folder.name, "m.gguf")
        model.write_bytes(b"GGUF" + (3).to_bytes(4, "little") + bytes(16))
        words = ["--terse", self.program, "--model", model, "--cache", self.folder.name, "--rounds", 2]
        words += ["--json", record, "--without-llama-cpp", "--tests", "streams:8x4", "--threads", 1]
        words += ["--peer", f"p='{self.program}'", "--peer", "broken=false"]
        done = subprocess.run([str(word) for word in [HERE / "compare", *words]], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        # What else the machine did decides how many rounds count, and whether any pair is left to compare.
        self.assertRegex(done.stdout, r"(?m)^ +p +8\.\d+ .* (1\.00|–) ")
        self.assertIn("failed in round 2: broken", done.stdout)
        kept = json.loads(record.read_text())
        self.assertEqual((len(kept["measurements"]), len(kept["failures"])), (4, 2))


class LlamaBenchTests(unittest.TestCase):
    def test_commands(self):
        program, model = Path("b"), Path("m.gguf")
        self.assertEqual(
            bench_command(program, model, GENERATE, 3, ["-fa", "1"]),
            "b -m m.gguf -p 0 -n 4 -t 2 -r 3 -o json -fa 1".split(),
        )
        self.assertEqual(
            batched_command(program, model, STREAMS, []),
            "b -m m.gguf -c 512 -b 512 -ub 512 -t 2 -tb 2 -npp 1 -ntg 4 -npl 8".split(),
        )

    def test_json_among_other_words(self):
        text = 'loading\n[{"build_commit": "abc", "samples_ts": [20.5, 21]}]\n'
        self.assertEqual(parse_bench(text), ([20.5, 21.0], "abc"))
        with self.assertRaises(FormatError):
            parse_bench("error: no model\n")

    def test_tables_with_and_without_times_before_each_line(self):
        table = (
            "|    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |      T s |    S t/s |\n"
            "|-------|--------|------|--------|----------|----------|----------|----------|----------|----------|\n"
            "|    25 |     48 |    8 |    584 |    1.671 |   119.70 |    4.403 |    87.21 |    6.074 |    96.14 |\n"
        )
        self.assertEqual(parse_batched(table, 8), 87.21)
        stamped = "".join(f"[1795914619] {line}\n" for line in table.splitlines())
        self.assertEqual(parse_batched(stamped, 8), 87.21)
        with self.assertRaises(FormatError):
            parse_batched(table, 16)


class ProcessTests(unittest.TestCase):
    def test_what_takes_too_long_is_ended_with_all_that_it_started(self):
        with tempfile.TemporaryDirectory() as folder:
            note = Path(folder, "pid")
            with self.assertRaisesRegex(ProcessError, "not done after 1 s"):
                output(["sh", "-c", f"sleep 600 & echo $! > {note}; wait"], timeout_s=1)
            self.assert_ends(int(note.read_text()))

    def test_an_interrupted_comparison_leaves_nothing_running(self):
        with tempfile.TemporaryDirectory() as folder:
            note = Path(folder, "pid")
            script = (
                "import processes\nprocesses.interrupt_on_signals()\n"
                f"processes.output(['sh', '-c', 'sleep 600 & echo $! > {note}; wait'], 600)\n"
            )
            child = subprocess.Popen([sys.executable, "-c", script], cwd=HERE, stderr=subprocess.DEVNULL)
            while not note.exists() or not note.read_text():
                time.sleep(0.02)
            child.send_signal(signal.SIGTERM)
            self.assertNotEqual(child.wait(), 0)
            self.assert_ends(int(note.read_text()))

    def assert_ends(self, pid: int) -> None:
        """Waits: who ends is gone only when its parent took note."""
        for _ in range(500):
            try:
                os.kill(pid, 0)
                if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                    return
            except (ProcessLookupError, FileNotFoundError):
                return
            time.sleep(0.02)
        self.fail(f"{pid} still runs")
