import unittest
import xml.etree.ElementTree as ElementTree

import roofline
from roofline import LogScale, Roof, RooflineError
from tests.test_summary import GENERATE, PROMPT, record, result
from workload import Workload

MEASURED = {"read_bandwidth_bytes_per_second": 25e9}


class RooflineTests(unittest.TestCase):
    def sample(self):
        streams = Workload("streams", 48, 8, 2)
        return record(
            [
                result(0, "Terse", 40, bytes_per_token=500e6, **MEASURED),
                result(0, "p<q", 20, bytes_per_token=800e6),
                result(0, "Terse", 120, streams, bytes_per_token=62.5e6, **MEASURED),
                result(0, "Terse", 200, PROMPT, bytes_per_token=1e6, **MEASURED),
            ]
        )

    def test_scales_are_logarithmic(self):
        scale = LogScale(1, 100, 0, 200)
        self.assertEqual([scale.at(value) for value in (1, 10, 100)], [0, 100, 200])
        self.assertEqual(scale.ticks(), [1, 2, 5, 10, 20, 50, 100])
        upwards = LogScale(10, 1000, 300, 100)
        self.assertAlmostEqual(upwards.at(100), 200)

    def test_the_roof_is_memory_up_to_the_ridge_then_arithmetic(self):
        roof = Roof(bandwidth=25e9, peak=500e9)
        self.assertEqual(roof.ridge, 20)
        self.assertEqual([roof.at(value) for value in (2, 20, 200)], [50, 500, 500])

    def test_points(self):
        first, peer, *_ = roofline.points(self.sample(), "m", 2)
        self.assertEqual((first.contender, first.test), ("Terse", GENERATE))
        self.assertEqual((first.intensity, first.rate), (5, 100))
        self.assertEqual((peer.intensity, peer.rate), (3.125, 50))

    def test_the_picture_is_xml_and_holds_all_points_within_its_frame(self):
        root = ElementTree.fromstring(roofline.draw(self.sample()))
        _, _, width, height = (float(word) for word in root.get("viewBox").split())
        svg = "{http://www.w3.org/2000/svg}"
        circles, squares = root.findall(f"{svg}circle"), root.findall(f"{svg}polygon")
        self.assertEqual((len(circles), len(squares)), (4, 2))  # With one of each in the legend.
        for circle in circles:
            self.assertTrue(0 < float(circle.get("cx")) < width and 0 < float(circle.get("cy")) < height)
        words = [text.text for text in root.findall(f"{svg}text")]
        for expected in ("1 stream", "8 streams", "prompt of 512", "p<q", "80 %"):
            self.assertIn(expected, words)

    def test_what_cannot_be_drawn_is_said(self):
        sample = self.sample()
        for model, threads, message in (("x", None, "expected one of m"), ("m", 3, "with 3 threads")):
            with self.subTest(message), self.assertRaisesRegex(RooflineError, message):
                roofline.draw(sample, model, threads)
        with self.assertRaisesRegex(RooflineError, "no measurement"):
            roofline.draw(record([]))
