import importlib.machinery
import importlib.util
import math
import random
import sys
import unittest
from pathlib import Path

_PATH = Path(__file__).resolve().parent.parent / "routing-trace"
_SPEC = importlib.util.spec_from_loader(
    "routing_trace", importlib.machinery.SourceFileLoader("routing_trace", str(_PATH))
)
routing_trace = importlib.util.module_from_spec(_SPEC)
# A dataclass looks for its module among those that are loaded.
sys.modules["routing_trace"] = routing_trace
_written = sys.dont_write_bytecode
sys.dont_write_bytecode = True
_SPEC.loader.exec_module(routing_trace)
sys.dont_write_bytecode = _written


class RoutingTraceTests(unittest.TestCase):
    def test_prompts_are_stretches_of_the_text(self):
        words = [f"word{number}" for number in range(5000)]
        requests = routing_trace.cut(" ".join(words), 200, random.Random(3))
        self.assertEqual(len(requests), 200)
        for request in requests:
            found = (request.prompt + request.continuation).split(" ")
            begin = words.index(found[0])
            # The last word may be cut.
            self.assertEqual(found[:-1], words[begin : begin + len(found) - 1])
            self.assertTrue(50 <= len(request.prompt) <= 2900)
        short = sum(len(request.prompt) < math.sqrt(60 * 2800) for request in requests)
        self.assertTrue(70 <= short <= 130, short)

    def test_times_are_lengths_by_rates(self):
        rates = {("prompt", size, 1, 0): 1000.0 for size in (16, 64, 128, 256)}
        rates |= {("prompt", size, 1, 0): 500.0 for size in (512, 900)}
        rates |= {("generate", 64, 1, depth): 100.0 / (1 + depth) for depth in (0, 256, 512, 900)}
        rates |= {("streams", 64, streams, 0): 200.0 for streams in (2, 4, 8)}
        variant = routing_trace.Variant("a", _PATH, 1.5, rates)
        self.assertAlmostEqual(variant.time_to_first_token(100), 0.1)
        self.assertAlmostEqual(variant.time_to_first_token(5), 0.005)
        self.assertAlmostEqual(variant.time_to_first_token(2000), 4)
        # Halfway between 256 and 512 on the scale of logarithms.
        self.assertAlmostEqual(variant.time_to_first_token(362), 362 / 750, places=3)
        self.assertAlmostEqual(variant.time_per_output_token(100), 1.01)
        profile = variant.profile(7)
        self.assertEqual(profile["steps"][2], {"streams": 4, "seconds": 0.02})
        self.assertAlmostEqual(profile["joules_per_output_token"], 0.07)


if __name__ == "__main__":
    unittest.main()
