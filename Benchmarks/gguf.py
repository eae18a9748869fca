"""What a token costs, by the shapes of the matrices in a GGUF file: bytes of weights read, products made.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

from workload import Workload

# Types whose products are of floats: F32, F16, BF16. Activations beside all others are rounded to bytes, in Terse as in
# llama.cpp, so that their products are of bytes.
_FLOAT_TYPES = frozenset((0, 1, 30))

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

# Of the offsets of tensors, unless a file says otherwise.
ALIGNMENT = 32

# Tokens of a prompt that llama.cpp and its relatives compute together, by default and here.
CHUNK_TOKENS = 512


class GGUFError(ValueError):
    """A file that is no GGUF, or whose matrices are not those of a dense transformer."""


@dataclass(frozen=True)
class Work:
    """Bytes of weights, and the multiplications with them: of bytes, of floats."""

    bytes: float = 0
    byte_macs: float = 0
    float_macs: float = 0

    @property
    def macs(self) -> float:
        return self.byte_macs + self.float_macs

    def __add__(self, other: Work) -> Work:
        return Work(self.bytes + other.bytes, self.byte_macs + other.byte_macs, self.float_macs + other.float_macs)


@dataclass(frozen=True)
class ModelWork:
    """What one pass over all layers costs for one token, and what the head costs for one choice of a token.

    Attention is left out: at 512 tokens it adds a fiftieth to the products of a model of two billion weights.
    """

    layers: Work
    head: Work

    def per_token(self, test: Workload) -> Work:
        """The work for a token of this test, in a program that reads the weights once for a batch."""
        if test.kind == "prompt":
            passes = -(-test.size // CHUNK_TOKENS)
            return Work(
                bytes=(self.layers.bytes * passes + self.head.bytes) / test.size,
                byte_macs=self.layers.byte_macs + self.head.byte_macs / test.size,
                float_macs=self.layers.float_macs + self.head.float_macs / test.size,
            )
        both = self.layers + self.head
        return Work(both.bytes / test.streams, both.byte_macs, both.float_macs)

    def json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict) -> ModelWork:
        return cls(Work(**value["layers"]), Work(**value["head"]))


@dataclass(frozen=True)
class Key:
    """A key and its value: as it is in the file, type first, and decoded unless it is an array."""

    name: str
    raw: bytes
    value: object


@dataclass(frozen=True)
class Tensor:
    """Where a tensor lies: `offset` counts from the data's start, `bytes` up to the next tensor.

    A tensor ends where the next begins, which holds for encodings that are not known here, too.
    """

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int
    bytes: int


@dataclass(frozen=True)
class Table:
    """What stands before the weights."""

    keys: list[Key]
    tensors: list[Tensor]
    data_start: int


def read_table(path: Path) -> Table:
    """Reads keys and the table of tensors; of the weights, nothing. Raises: GGUFError."""
    with open(path, "rb") as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _table(_Reader(data), len(data))
        except (struct.error, ValueError, KeyError) as error:
            raise GGUFError(f"{path}: {error}") from error


def read_work(path: Path) -> ModelWork:
    """The work that the shapes of a file's matrices make. Raises: GGUFError."""
    tensors = read_table(path).tensors
    head_name = "output.weight"
    if all(tensor.name != head_name for tensor in tensors):
        head_name = "token_embd.weight"  # A tied head.
    layers, head = Work(), Work()
    for tensor in tensors:
        if len(tensor.shape) > 2:
            raise GGUFError(f"{path}: expected matrices of a dense model, found {tensor.name} of {tensor.shape}")
        if len(tensor.shape) < 2:
            continue  # Norms: a thousandth.
        macs = tensor.shape[0] * tensor.shape[1]
        is_float = tensor.type in _FLOAT_TYPES
        work = Work(tensor.bytes, 0 if is_float else macs, macs if is_float else 0)
        if tensor.name == head_name:
            head += work
        elif tensor.name != "token_embd.weight":  # Of embeddings, a token reads one row.
            layers += work
    return ModelWork(layers, head)


def _table(reader: _Reader, file_bytes: int) -> Table:
    if reader.data[:4] != b"GGUF":
        raise GGUFError(f"expected the magic GGUF, found {reader.data[:4]!r}")
    reader.at = 4
    version, tensor_count, key_count = reader.take("IQQ")
    if version not in (2, 3):
        raise GGUFError(f"expected version 2 or 3, found {version}")
    keys = []
    for _ in range(key_count):
        name, start = reader.string(), reader.at
        value = reader.value(reader.take("I")[0])
        keys.append(Key(name, reader.data[start : reader.at], value))
    entries = []
    for _ in range(tensor_count):
        name, (rank,) = reader.string(), reader.take("I")
        shape = reader.take(f"{rank}Q")
        entries.append((name, shape, *reader.take("IQ")))
    alignment = next((key.value for key in keys if key.name == "general.alignment"), ALIGNMENT)
    data_start = -(-reader.at // alignment) * alignment
    offsets = sorted(entry[3] for entry in entries) + [file_bytes - data_start]
    ends = dict(zip(offsets, offsets[1:]))
    return Table(keys, [Tensor(*entry, ends[entry[3]] - entry[3]) for entry in entries], data_start)


class _Reader:
    """Takes little-endian values one after the other."""

    def __init__(self, data: mmap.mmap):
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def string(self) -> str:
        (length,) = self.take("Q")
        self.at += length
        return self.data[self.at - length : self.at].decode("utf-8", "replace")

    def value(self, kind: int) -> object:
        """A scalar or a string; None for an array, which is passed over."""
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            return self.take(_SCALARS[kind])[0]
        kind, count = self.take("IQ")
        if kind in _SCALARS:
            self.at += count * struct.calcsize("<" + _SCALARS[kind])
        else:
            for _ in range(count):
                self.value(kind)
        return None
