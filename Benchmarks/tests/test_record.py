import json
import tempfile
import unittest
from pathlib import Path

import roofline
import tables
from record import Record, RecordError

SAMPLE = Path(__file__).with_name("sample.json")


class RecordTests(unittest.TestCase):
    def test_a_recorded_sample_is_read_and_written_again_without_loss(self):
        record = Record.load(SAMPLE)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "again.json")
            record.save(path)
            self.assertEqual(json.loads(path.read_text()), json.loads(SAMPLE.read_text()))
            self.assertEqual([file.name for file in Path(folder).iterdir()], ["again.json"])

    def test_the_sample_has_tables_and_a_picture(self):
        record = Record.load(SAMPLE)
        for name in record.programs:
            self.assertIn(name, tables.markdown(record))
            self.assertIn(name, tables.text(record))
            self.assertIn(f">{name}</text>", roofline.draw(record))

    def test_joined_records_count_their_rounds_on(self):
        record, other = Record.load(SAMPLE), Record.load(SAMPLE)
        rounds = {item.round for item in record.measurements}
        count = len(record.measurements)
        record.join(other)
        self.assertEqual(len({item.round for item in record.measurements}), 2 * len(rounds))
        self.assertEqual(len(record.measurements), 2 * count)
        self.assertEqual(len({number for number, _ in record.peaks}), 2 * len(rounds))

    def test_records_of_two_machines_are_not_joined(self):
        record, other = Record.load(SAMPLE), Record.load(SAMPLE)
        other.host = {**other.host, "processor": "another"}
        with self.assertRaisesRegex(RecordError, "two machines"):
            record.join(other)

    def test_files_that_are_no_records_are_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "bad.json")
            for content in ("", "[]", "{}", '{"format": 2}', '{"format": 1, "date": "", "host": {}}', "\xff"):
                path.write_text(content, encoding="latin-1")
                with self.subTest(content), self.assertRaisesRegex(RecordError, "bad.json"):
                    Record.load(path)
            with self.assertRaisesRegex(RecordError, "absent.json"):
                Record.load(Path(folder, "absent.json"))
