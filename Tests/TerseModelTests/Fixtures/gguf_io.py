"""GGUF files read and written independently of Terse: only what the fixtures and the reference need.

Block types are encoded by ggml's own `ggml_quantize_chunk` (through ctypes, from llama-cpp-python's libggml-base) and
decoded by gguf-py's `gguf.quants.dequantize`. I2_S is bitnet.cpp's x86 order: blocks of 128 values in 32 bytes, value
32*g + p of a block at bits 6 - 2*g of byte p, coded value + 1, one float32 scale after the data of the whole tensor.
"""
import ctypes
import glob
import os
import struct

import numpy as np
from gguf import GGMLQuantizationType as Q
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize

I2_S = 36
TYPES = {
    "f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8, "q4_k": 12, "q5_k": 13, "q6_k": 14,
    "bf16": 30, "tq1_0": 34, "tq2_0": 35, "i2_s": I2_S,
}
# llama.cpp's file type numbers (general.file_type), informational only.
FILE_TYPES = {
    "f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q8_0": 7, "q5_0": 8, "q5_1": 9, "q4_k": 15, "q5_k": 17, "q6_k": 18,
    "bf16": 32, "tq1_0": 36, "tq2_0": 37, "i2_s": 40,
}


def _ggml():
    import llama_cpp
    base = os.environ.get("LLAMA_CPP_LIB_PATH") or os.path.join(os.path.dirname(llama_cpp.__file__), "lib")
    library = ctypes.CDLL(sorted(glob.glob(os.path.join(base, "libggml-base.so*")))[0])
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    library.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]
    library.ggml_quantize_init.argtypes = [ctypes.c_int]
    return library


def encode(values, type_name):
    """Bytes of a float32 [rows, columns] (or [n]) array in the named type."""
    values = np.ascontiguousarray(values, dtype=np.float32)
    if type_name == "f32":
        return values.tobytes()
    if type_name == "f16":
        return values.astype(np.float16).tobytes()
    if type_name == "bf16":
        bits = values.view(np.uint32).astype(np.uint64)
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16).tobytes()
    if type_name == "i2_s":
        return encode_i2_s(values)
    rows, columns = values.reshape(-1, values.shape[-1]).shape
    block, size = GGML_QUANT_SIZES[Q(TYPES[type_name])]
    assert columns % block == 0, (columns, block)
    out = np.zeros(rows * (columns // block) * size, np.uint8)
    ggml = _ggml()
    ggml.ggml_quantize_init(TYPES[type_name])
    written = ggml.ggml_quantize_chunk(TYPES[type_name], values.ctypes.data, out.ctypes.data, 0, rows, columns, None)
    assert written == out.nbytes
    return out.tobytes()


def encode_i2_s(values):
    """A tensor whose values are -s, 0 or +s. 32 bytes follow the data: the float32 s and padding."""
    flat = values.reshape(-1)
    assert flat.size % 128 == 0
    scale = np.abs(flat).max()
    codes = (np.sign(flat).astype(np.int8) + 1).astype(np.uint8).reshape(-1, 4, 32)
    packed = codes[:, 0] << 6 | codes[:, 1] << 4 | codes[:, 2] << 2 | codes[:, 3]
    return packed.tobytes() + struct.pack("<f", scale) + bytes(28)


def decode(data, type_number, shape):
    """float64 array of `shape` (numpy order, rows first)."""
    raw = np.frombuffer(data, np.uint8)
    count = int(np.prod(shape))
    if type_number == I2_S:
        packed = raw[: count // 4].reshape(-1, 1, 32)
        codes = (packed >> np.array([6, 4, 2, 0], np.uint8).reshape(1, 4, 1)) & 3
        (scale,) = struct.unpack("<f", raw[count // 4 : count // 4 + 4].tobytes())
        return (codes.astype(np.float64) - 1).reshape(shape) * scale
    if type_number == TYPES["f32"]:
        return raw.view(np.float32).astype(np.float64).reshape(shape)
    if type_number == TYPES["f16"]:
        return raw.view(np.float16).astype(np.float64).reshape(shape)
    block, size = GGML_QUANT_SIZES[Q(type_number)]
    rows = raw.reshape(-1, shape[-1] // block * size)
    return dequantize(rows, Q(type_number)).astype(np.float64).reshape(shape)


def byte_count(type_number, shape):
    count = int(np.prod(shape))
    if type_number == I2_S:
        return count // 4 + 32
    block, size = GGML_QUANT_SIZES[Q(type_number)]
    return count // block * size


# ---------------------------------------------------------------------------------------------------------- files

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
ALIGNMENT = 32


class U32(int):
    pass


class I32(int):
    pass


class F32(float):
    pass


def _string(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value):
    if isinstance(value, bool):
        return 7, struct.pack("<?", value)
    if isinstance(value, I32):
        return 5, struct.pack("<i", value)
    if isinstance(value, int):
        return 4, struct.pack("<I", value)
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    if isinstance(value, (str, bytes)):
        return 8, _string(value)
    kinds = {_value(v)[0] for v in value}
    assert len(kinds) == 1
    return 9, struct.pack("<IQ", kinds.pop(), len(value)) + b"".join(_value(v)[1] for v in value)


def write(path, metadata, tensors):
    """`metadata`: key to int (uint32), I32, float (float32), bool, str or list of them.
    `tensors`: name to (type name, numpy shape, bytes)."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    for key, value in metadata.items():
        kind, raw = _value(value)
        head += _string(key) + struct.pack("<I", kind) + raw
    offset = 0
    for name, (type_name, shape, data) in tensors.items():
        assert len(data) == byte_count(TYPES[type_name], shape), name
        head += _string(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape))
        head += struct.pack("<IQ", TYPES[type_name], offset)
        offset += -(-len(data) // ALIGNMENT) * ALIGNMENT
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT))
        for _, _, data in tensors.values():
            file.write(data + bytes(-len(data) % ALIGNMENT))


def read(path):
    """(metadata, tensors): tensors map a name to (type number, numpy shape, bytes)."""
    data = np.memmap(path, np.uint8, "r")
    position = 0

    def take(form):
        nonlocal position
        size = struct.calcsize("<" + form)
        values = struct.unpack("<" + form, data[position : position + size].tobytes())
        position += size
        return values if len(values) > 1 else values[0]

    def take_string():
        nonlocal position
        size = take("Q")
        raw = data[position : position + size].tobytes()
        position += size
        return raw.decode("utf-8", "surrogateescape")

    def take_value(kind):
        if kind == 8:
            return take_string()
        if kind == 9:
            element, count = take("IQ")
            return [take_value(element) for _ in range(count)]
        return take(_SCALARS[kind])

    magic, version, tensor_count, metadata_count = take("4sIQQ")
    assert magic == b"GGUF" and version in (2, 3)
    metadata = {}
    for _ in range(metadata_count):
        key = take_string()
        metadata[key] = take_value(take("I"))
    infos = []
    for _ in range(tensor_count):
        name = take_string()
        dimensions = take("I")
        shape = [take("Q") for _ in range(dimensions)][::-1]
        infos.append((name, shape, *take("IQ")))
    alignment = metadata.get("general.alignment", ALIGNMENT)
    start = -(-position // alignment) * alignment
    tensors = {}
    for name, shape, kind, offset in infos:
        begin = start + offset
        tensors[name] = (kind, shape, data[begin : begin + byte_count(kind, shape)])
    return metadata, tensors
