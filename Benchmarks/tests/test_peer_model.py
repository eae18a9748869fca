import struct
import tempfile
import unittest
from pathlib import Path

from gguf import GGUFError, read_table, read_work
from peer_model import ENCODINGS, write_model
from tests.test_gguf import string

F32, Q6_K, TQ2_0 = 0, 14, 35


def bitnet(path: Path, architecture: str = "bitnet") -> None:
    """Two ternary matrices of 3 rows of 256, a norm, and embeddings that are the head, too."""
    keys = string("general.architecture") + struct.pack("<I", 8) + string(architecture)
    keys += string(f"{architecture}.block_count") + struct.pack("<II", 4, 1)
    tensors = [
        ("token_embd.weight", (256, 2), Q6_K, 0),
        ("blk.0.attn_q.weight", (256, 3), TQ2_0, 448),
        ("blk.0.attn_norm.weight", (8,), F32, 672),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), 2) + keys
    for name, shape, kind, offset in tensors:
        head += string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
    data = bytes(range(210)) * 2 + bytes(28) + bytes(198) + bytes(26) + struct.pack("<8f", *range(8))
    path.write_bytes(head + bytes(-len(head) % 32) + data)


class PeerModelTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source, self.target = Path(folder.name, "source.gguf"), Path(folder.name, "target.gguf")

    def written(
        self, kind: str, architecture: str = "bitnet"
    ) -> tuple[dict[str, object], dict[str, tuple[int, bytes]]]:
        bitnet(self.source, architecture)
        write_model(self.source, self.target, ENCODINGS[kind])
        table, content = read_table(self.target), self.target.read_bytes()
        tensors = {}
        for tensor in table.tensors:
            start = table.data_start + tensor.offset
            tensors[tensor.name] = (tensor.type, content[start : start + tensor.bytes])
        return {key.name: key.value for key in table.keys}, tensors

    def test_rows_with_scales_and_a_head_of_its_own(self):
        keys, tensors = self.written("iq2_bn")
        self.assertEqual(keys["general.architecture"], "bitnet-b1.58")
        self.assertEqual(keys["bitnet-b1.58.block_count"], 1)
        kind, codes = tensors["blk.0.attn_q.weight"]
        self.assertEqual((kind, len(codes)), (135, 224))  # 3 x (4 + 64) bytes, then up to the next multiple of 32.
        for row in range(3):
            self.assertEqual(struct.unpack_from("<f", codes, 68 * row), (1 / 64,))
            for byte in codes[68 * row + 4 : 68 * row + 68]:
                self.assertTrue(all(byte >> shift & 3 < 3 for shift in (0, 2, 4, 6)))
        self.assertEqual(tensors["output.weight"], tensors["token_embd.weight"])
        self.assertEqual(tensors["token_embd.weight"][1][:420], bytes(range(210)) * 2)
        self.assertEqual(tensors["blk.0.attn_norm.weight"], (F32, struct.pack("<8f", *range(8))))

    def test_a_scale_for_the_matrix_and_a_tied_head(self):
        _, tensors = self.written("i2_s")
        kind, codes = tensors["blk.0.attn_q.weight"]
        self.assertEqual((kind, len(codes)), (36, 3 * 64 + 32))
        self.assertEqual(struct.unpack_from("<f", codes, 192), (1 / 64,))
        self.assertNotIn("output.weight", tensors)
        self.assertEqual(read_work(self.target).layers.byte_macs, 3 * 256)

    def test_a_llama_stays_one(self):
        keys, tensors = self.written("iq2_bn", "llama")
        self.assertEqual((keys["general.architecture"], keys["llama.block_count"]), ("llama", 1))
        self.assertEqual(tensors["blk.0.attn_q.weight"][0], 135)

    def test_other_architectures_are_refused_and_leave_nothing(self):
        bitnet(self.source, "qwen3")
        with self.assertRaisesRegex(GGUFError, "found qwen3"):
            write_model(self.source, self.target, ENCODINGS["i2_s"])
        self.assertEqual(list(self.source.parent.iterdir()), [self.source])
