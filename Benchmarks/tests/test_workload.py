import unittest

from workload import UsageError, Workload, parse_counts, parse_workloads


class WorkloadTests(unittest.TestCase):
    def test_lists_are_read(self):
        self.assertEqual(
            parse_workloads("generate:64, prompt:512,streams:8x48", [2, 1]),
            [
                Workload("generate", 64, 1, 2),
                Workload("prompt", 512, 1, 2),
                Workload("streams", 48, 8, 2),
                Workload("generate", 64, 1, 1),
                Workload("prompt", 512, 1, 1),
                Workload("streams", 48, 8, 1),
            ],
        )

    def test_what_is_no_test_is_refused_by_name(self):
        for text in ("", "generate", "generate:0", "streams:8", "streams:8x", "prompt:12x3", "train:4", "generate:4,"):
            with self.subTest(text), self.assertRaisesRegex(UsageError, "expected prompt:N"):
                parse_workloads(text, [1])

    def test_counts(self):
        self.assertEqual(parse_counts("1, 2"), [1, 2])
        for text in ("", "0", "-1", "a", "1,,2"):
            with self.subTest(text), self.assertRaises(UsageError):
                parse_counts(text)

    def test_tokens_and_label(self):
        test = Workload("streams", 48, 8, 2)
        self.assertEqual(test.tokens, 384)
        self.assertEqual(test.label, "8 streams of 48, 2 threads")
        self.assertEqual(Workload("prompt", 512, 1, 1).label, "prompt of 512, 1 thread")
        self.assertEqual(Workload.from_json(test.json()), test)
