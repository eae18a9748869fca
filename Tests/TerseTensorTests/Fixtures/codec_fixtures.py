#!/usr/bin/env python3
"""Writes codec.bin: rows of float32, what they become in each block format, and what that decodes to.

Bytes are those of gguf-py 0.19's numpy quantisers where it has them, and of ggml's own `ggml_quantize_chunk` (the
library inside llama-cpp-python 0.3.36) for the K types; where both exist they are compared. Decoded values are
gguf-py's, kept as a 64-bit FNV-1a hash of the float32 bytes. I2_S is packed here by the rule of bitnet.cpp's x86
quantiser.

    python3 codec_fixtures.py PATH/TO/libggml-base.so

The file: a line of text; then for each part a line `name rows columns bytes hash` and that many bytes.
"""
import ctypes
import sys
import warnings
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

COLUMNS = 256
warnings.simplefilter("ignore")


def rows():
    rng = np.random.default_rng(20)
    normal = rng.standard_normal
    blocks = np.repeat(10.0 ** rng.integers(-8, 3, COLUMNS // 32), 32)
    made = [
        normal((4, COLUMNS)),
        normal((2, COLUMNS)) * 0.02,
        rng.uniform(0.5, 1, (1, COLUMNS)),
        -rng.uniform(0.5, 1, (1, COLUMNS)),
        rng.laplace(size=(1, COLUMNS)) * 0.05,
        np.where(rng.random((1, COLUMNS)) < 0.02, 50, 1) * normal((1, COLUMNS)),
        np.full((1, COLUMNS), 0.3),
        np.full((1, COLUMNS), -7.77),
        np.zeros((1, COLUMNS)),
        normal((1, COLUMNS)) * 1e-40,
        normal((1, COLUMNS)) * 1e-20,
        normal((1, COLUMNS)) * 1e-7,
        normal((1, COLUMNS)) * 1e4,
        rng.integers(-1, 2, (1, COLUMNS)) * 0.73,
        rng.integers(-8, 8, (1, COLUMNS)) / 2 + 0.25,
        normal((1, COLUMNS)) * blocks,
    ]
    return np.ascontiguousarray(np.concatenate(made), dtype=np.float32)


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def ggml_bytes(library, x, kind):
    block, size = gguf.GGML_QUANT_SIZES[kind]
    out = np.zeros((len(x), COLUMNS // block * size), np.uint8)
    library.ggml_quantize_chunk(kind, x.ctypes.data, out.ctypes.data, 0, len(x), COLUMNS, None)
    return out


def encoded(library, x, kind):
    by_ggml = ggml_bytes(library, x, kind)
    try:
        by_gguf = gguf.quants.quantize(x, kind).view(np.uint8).reshape(by_ggml.shape)
    except NotImplementedError:
        return by_ggml
    assert (by_gguf == by_ggml).all(), kind
    return by_gguf


def i2_s(rng):
    trits = rng.integers(0, 3, (2, COLUMNS)).astype(np.uint8)
    groups = trits.reshape(2, COLUMNS // 128, 4, 32)
    packed = groups[:, :, 0] << 6 | groups[:, :, 1] << 4 | groups[:, :, 2] << 2 | groups[:, :, 3]
    return packed.reshape(2, -1), trits.astype(np.float32) - 1


def main():
    library = ctypes.CDLL(sys.argv[1])
    pointer, integer = ctypes.c_void_p, ctypes.c_int64
    library.ggml_quantize_chunk.argtypes = [ctypes.c_int, pointer, pointer, integer, integer, integer, pointer]
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    x = rows()
    kinds = [Type.F16, Type.BF16, Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1]
    kinds += [Type.Q4_K, Type.Q5_K, Type.Q6_K, Type.TQ1_0, Type.TQ2_0]
    with open(Path(__file__).with_name("codec.bin"), "wb") as file:
        file.write(b"Block format fixtures, made by codec_fixtures.py with gguf-py and ggml\n")

        def part(name, data, decoded):
            hashed = fnv(np.ascontiguousarray(decoded, dtype=np.float32).tobytes())
            file.write(f"{name} {len(data)} {COLUMNS} {data.nbytes} {hashed:016x}\n".encode())
            file.write(data.tobytes())

        part("f32", x.view(np.uint8).reshape(len(x), -1), x)
        for kind in kinds:
            data = encoded(library, x, kind)
            typed = data.view(np.float16) if kind == Type.F16 else data
            part(kind.name.lower(), data, gguf.quants.dequantize(typed, kind))
        part("i2_s", *i2_s(np.random.default_rng(21)))


main()
