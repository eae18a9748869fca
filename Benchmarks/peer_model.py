#!/usr/bin/env python3
"""Writes a random ternary model in the encoding that a peer runs fastest.

Takes the file that `compare` or `terse bench --synthetic SHAPE --synthetic-output FILE` made, keeps its shape,
norms and embeddings, and gives every ternary matrix random codes: the speed does not depend on them.

  iq2_bn  for ik_llama.cpp: 2 bits a weight, a scale for each row; the head is a matrix of its own, to be repacked
  i2_s    for bitnet.cpp: 2 bits a weight, a scale for each matrix
"""

from __future__ import annotations

import argparse
import os
import random
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gguf import ALIGNMENT, GGUFError, Key, Table, Tensor, read_table

# What peers call the architectures: BitNet's is the one with squared ReLU and norms within blocks.
_ARCHITECTURES = {
    "bitnet": "bitnet-b1.58", "bitnet-25": "bitnet-b1.58", "bitnet-b1.58": "bitnet-b1.58", "llama": "llama"
}

_TERNARY_TYPES = (34, 35)  # TQ1_0, TQ2_0
_STRING, _UINT32 = 8, 4

# Random bytes to bytes of four codes from 0 to 2.
_CODES = bytes(sum((byte // 3**place % 3) << 2 * place for place in range(4)) for byte in range(256))


@dataclass(frozen=True)
class Encoding:
    """The numbers by which the peer knows the type, and what it adds to the codes."""

    type: int
    file_type: int
    row_head: bytes
    tail: bytes
    has_own_head: bool

    def write(self, shape: tuple[int, ...], out: BinaryIO) -> None:
        """A matrix of random codes."""
        columns, rows = shape
        for _ in range(rows):
            out.write(self.row_head + random.randbytes(columns // 4).translate(_CODES))
        out.write(self.tail)


_SCALE = struct.pack("<f", 1 / 64)
ENCODINGS = {
    "iq2_bn": Encoding(135, 137, _SCALE, b"", has_own_head=True),
    "i2_s": Encoding(36, 40, b"", _SCALE + bytes(28), has_own_head=False),
}


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _keys(keys: list[Key], encoding: Encoding) -> list[bytes]:
    """The keys with the peer's name of the architecture."""
    old = next((key.value for key in keys if key.name == "general.architecture"), None)
    if not isinstance(old, str) or old not in _ARCHITECTURES:
        raise GGUFError(f"expected an architecture among {', '.join(_ARCHITECTURES)}, found {old}")
    new = _ARCHITECTURES[old]
    found = [_string("general.architecture") + struct.pack("<I", _STRING) + _string(new)]
    found.append(_string("general.file_type") + struct.pack("<II", _UINT32, encoding.file_type))
    for key in keys:
        if key.name not in ("general.architecture", "general.file_type", "general.alignment"):
            name = new + key.name[len(old) :] if key.name.startswith(f"{old}.") else key.name
            found.append(_string(name) + key.raw)
    return found


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def write_model(source: Path, target: Path, encoding: Encoding) -> None:
    """Writes the model; the target appears when it is whole. Raises: GGUFError, OSError."""
    table = read_table(source)
    keys = _keys(table.keys, encoding)
    tensors = list(table.tensors)
    if all(tensor.type not in _TERNARY_TYPES for tensor in tensors):
        raise GGUFError("expected matrices in TQ1_0 or TQ2_0, found none")
    if encoding.has_own_head and all(tensor.name != "output.weight" for tensor in tensors):
        embedding = next(tensor for tensor in tensors if tensor.name == "token_embd.weight")
        tensors.append(Tensor("output.weight", embedding.shape, embedding.type, embedding.offset, embedding.bytes))
    partial = target.with_name(f".{target.name}.partial")
    with open(source, "rb") as file, open(partial, "w+b") as out:
        head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)) + b"".join(keys)
        # The table's length does not depend on the offsets in it, so that it can be written again.
        out.write(bytes(_padded(len(head) + len(_entries(tensors, [0] * len(tensors), encoding)))))
        data_start, offsets = out.tell(), []
        for tensor in tensors:
            offsets.append(out.tell() - data_start)
            _copy(tensor, table, file, encoding, out)
            out.write(bytes(_padded(out.tell()) - out.tell()))
        out.seek(0)
        out.write(head + _entries(tensors, offsets, encoding))
    os.replace(partial, target)


def _entries(tensors: list[Tensor], offsets: list[int], encoding: Encoding) -> bytes:
    """Name, shape, type and offset of each tensor."""
    found = []
    for tensor, offset in zip(tensors, offsets):
        kind = encoding.type if tensor.type in _TERNARY_TYPES else tensor.type
        shape = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        found.append(_string(tensor.name) + shape + struct.pack("<IQ", kind, offset))
    return b"".join(found)


def _copy(tensor: Tensor, table: Table, file: BinaryIO, encoding: Encoding, out: BinaryIO) -> None:
    if tensor.type in _TERNARY_TYPES:
        return encoding.write(tensor.shape, out)
    file.seek(table.data_start + tensor.offset)
    left = tensor.bytes
    while left > 0:
        block = file.read(min(left, 1 << 24))
        if not block:
            raise GGUFError(f"{tensor.name}: expected {left} bytes more, found the end of the file")
        out.write(block)
        left -= len(block)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a model in TQ2_0 or TQ1_0")
    parser.add_argument("target", type=Path, metavar="TARGET", help="the GGUF file to write")
    parser.add_argument("--type", choices=tuple(ENCODINGS), required=True)
    arguments = parser.parse_args()
    try:
        write_model(arguments.source, arguments.target, ENCODINGS[arguments.type])
    except (GGUFError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
