import struct
import tempfile
import unittest
from pathlib import Path

from gguf import GGUFError, ModelWork, Work, read_work
from workload import Workload

F32, F16, Q8_0 = 0, 1, 8


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def gguf(tensors: list[tuple[str, list[int], int, int]], data_bytes: int) -> bytes:
    """A file with an array of strings, a number and tensors of name, shape, type and offset."""
    keys = string("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + string("a") + string("bc")
    keys += string("general.alignment") + struct.pack("<II", 4, 64)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), 2) + keys
    for name, shape, kind, offset in tensors:
        head += string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
    return head + bytes(-len(head) % 64) + bytes(data_bytes)


class GGUFTests(unittest.TestCase):
    def read(self, content: bytes) -> ModelWork:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.gguf")
            path.write_bytes(content)
            return read_work(path)

    def test_embeddings_that_are_only_looked_up_do_not_count(self):
        tensors = [
            ("token_embd.weight", [32, 10], Q8_0, 0),
            ("blk.0.attn_norm.weight", [32], F32, 384),
            ("blk.0.attn_q.weight", [32, 32], Q8_0, 512),
            ("output.weight", [32, 10], F16, 1600),
        ]
        work = self.read(gguf(tensors, 2240))
        self.assertEqual(work.layers, Work(bytes=1088, byte_macs=1024, float_macs=0))
        self.assertEqual(work.head, Work(bytes=640, byte_macs=0, float_macs=320))

    def test_a_tied_head_is_the_embedding(self):
        tensors = [("token_embd.weight", [32, 10], Q8_0, 64), ("blk.0.attn_q.weight", [8, 8], F32, 448)]
        work = self.read(gguf(tensors, 704))
        self.assertEqual(work.head, Work(bytes=384, byte_macs=320, float_macs=0))
        self.assertEqual(work.layers, Work(bytes=256, byte_macs=0, float_macs=64))

    def test_work_of_a_token(self):
        work = ModelWork(Work(1000, 100, 10), Work(200, 20, 2))
        self.assertEqual(work.per_token(Workload("generate", 64, 1, 2)), Work(1200, 120, 12))
        self.assertEqual(work.per_token(Workload("streams", 48, 8, 2)), Work(150, 120, 12))
        # Two chunks of a prompt read the layers twice, the head once.
        self.assertEqual(work.per_token(Workload("prompt", 1000, 1, 2)), Work(2.2, 100.02, 10.002))
        self.assertEqual(ModelWork.from_json(work.json()), work)

    def test_what_is_no_dense_model_is_refused(self):
        experts = gguf([("blk.0.ffn_up_exps.weight", [8, 8, 4], F32, 0)], 1024)
        for content in (b"", b"GGML" + bytes(60), gguf([], 0)[:30], experts):
            with self.subTest(content[:8]), self.assertRaises(GGUFError):
                self.read(content)
