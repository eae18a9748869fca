"""The small GGUF models of this folder, their float64 reference logits and llama.cpp's divergence from them.

    TERSE_TEST_DATA=… LLAMA_CPP_LIB_PATH=… make_fixtures.py       (rewrites *.gguf, *.f32 and manifest.json)

`llama_cpp_kl` is the mean KL(reference || llama.cpp) over positions, llama.cpp with its defaults (f16 KV cache, no flash
attention), on the same file except where `peer` says otherwise. I2_S files are read by bitnet.cpp itself (BITNET_CPP_DUMP: a
program MODEL OUT ids… over its libllama), which of the time knew only the 2024 architecture. Upstream llama.cpp does not know the
squared ReLU of BitNet 2B-4T: it is given the file under architecture `bitnet`, by a build whose bitnet graph takes the
activation from the environment (BITNET_RELU2; one line changed). `int8_activations_kl` is what rounding activations to int8 per
token, as BitNet defines it, costs against exact products.
"""
import glob
import json
import os
import subprocess
import tempfile

import numpy as np

import gguf_io
import llamacpp
import random_models
import reference

HERE = os.path.dirname(os.path.abspath(__file__))
Shape = random_models.Shape
common = dict(vocabulary=288, context=256)
tiny = dict(common, hidden=32, ffn=64, heads=4, kv_heads=2, layers=2)
small = dict(common, hidden=64, ffn=96, heads=4, kv_heads=2, layers=2)
wide = dict(common, hidden=256, ffn=256, heads=8, kv_heads=2, layers=1)
ternary = dict(common, hidden=128, ffn=256, heads=4, kv_heads=2, layers=2)

MODELS = {
    **{f"llama-{t}": (Shape("llama", **tiny), t) for t in ("f32", "f16", "bf16")},
    **{f"llama-{t}": (Shape("llama", tied=True, **small), t) for t in ("q8_0", "q4_0", "q4_1", "q5_0", "q5_1")},
    **{f"llama-{t}": (Shape("llama", tied=True, **wide), t) for t in ("q4_k_mixed", "tq1_0", "tq2_0")},
    "llama-rope-llama3-f16": (Shape("llama", rope="llama3", base=5e5, **tiny), "f16"),
    "llama-rope-linear-f16": (Shape("llama", rope="linear", **tiny), "f16"),
    "llama-rope-yarn-f16": (Shape("llama", rope="yarn", **tiny), "f16"),
    "llama-tied-sentencepiece-f16": (Shape("llama", tied=True, spm=True, **dict(tiny, vocabulary=352)), "f16"),
    "qwen2-tied-f16": (Shape("qwen2", tied=True, base=1e6, **tiny), "f16"),
    "qwen2-rope-yarn-f16": (Shape("qwen2", rope="yarn", base=1e6, **tiny), "f16"),
    "qwen3-f16": (Shape("qwen3", head=16, base=1e6, **tiny), "f16"),
    "bitnet-f16": (Shape("bitnet", **tiny), "f16"),
    "bitnet-i2_s": (Shape("bitnet", **ternary), "i2_s"),
    "bitnet-tq2_0-scale": (Shape("bitnet", scales=True, **wide), "tq2_0"),
    "bitnet-b1.58-f16": (Shape("bitnet-b1.58", base=5e5, **tiny), "f16"),
    "bitnet-b1.58-i2_s": (Shape("bitnet-b1.58", base=5e5, **ternary), "i2_s"),
    "bitnet-b1.58-tq1_0": (Shape("bitnet-b1.58", base=5e5, **wide), "tq1_0"),
}
MIXED = {"attn_q": "q5_k", "attn_k": "q5_k", "attn_v": "q6_k", "ffn_down": "q6_k"}  # the rest q4_k


def typed(shape, seed, type_name):
    arrays = random_models.weights(shape, seed)
    if type_name != "q4_k_mixed":
        return random_models.typed(shape, arrays, type_name)
    result = {}
    for name, array in arrays.items():
        part = name.split(".")[-2]
        result.update(random_models.typed(shape, {name: array}, MIXED.get(part, "q4_k")))
    return result


def peer_logits(path, shape, type_name, seed, tokens, folder):
    """(logits of the peer or None, note or None)."""
    if type_name == "i2_s":
        dump = os.environ.get("BITNET_CPP_DUMP")
        if shape.architecture != "bitnet" or not dump:
            return None, None
        out = os.path.join(folder, "logits")
        subprocess.run([dump, path, out] + [str(t) for t in tokens], check=True, capture_output=True)
        return np.fromfile(out, np.float32).reshape(len(tokens), -1), "bitnet.cpp c82b5e6 (llama.cpp fork 406a5036)"
    if shape.architecture != "bitnet-b1.58":
        return llamacpp.logits(path, tokens), None
    other = os.path.join(folder, "peer.gguf")
    random_models.write(other, shape, type_name, seed, architecture="bitnet")
    os.environ["BITNET_RELU2"] = "1"
    result = llamacpp.logits(other, tokens)
    del os.environ["BITNET_RELU2"]
    return result, "llama.cpp as architecture bitnet with squared ReLU"


def main():
    for old in glob.glob(os.path.join(HERE, "*.gguf")) + glob.glob(os.path.join(HERE, "*.f32")):
        os.remove(old)
    entries = []
    for seed, (name, (shape, type_name)) in enumerate(MODELS.items(), start=100):
        path = os.path.join(HERE, name + ".gguf")
        base = "q4_k" if type_name == "q4_k_mixed" else type_name
        metadata = random_models.metadata(shape, base, random_models.vocabulary(shape))
        gguf_io.write(path, metadata, typed(shape, seed, type_name))
        tokens = random_models.tokens(shape, 32, seed)
        model = reference.Model(path)
        logits = model.forward(tokens)
        logits.astype("<f4").tofile(os.path.join(HERE, name + ".f32"))
        entry = {"name": name, "architecture": shape.architecture, "type": type_name, "tokens": tokens,
                 "vocabulary": shape.vocabulary}
        with tempfile.TemporaryDirectory() as folder:
            other, note = peer_logits(path, shape, type_name, seed, tokens, folder)
        if other is not None:
            entry["llama_cpp_kl"] = reference.kl_divergence(logits, other)
        if note:
            entry["peer"] = note
        if shape.bitnet and type_name in random_models.TERNARY:
            entry["int8_activations_kl"] = reference.kl_divergence(logits, model.forward(tokens, quantize_activations=True))
        entries.append(entry)
        print(name, os.path.getsize(path), {k: v for k, v in entry.items() if k.endswith("kl")})
    import llama_cpp
    made = f"numpy {np.__version__}, llama-cpp-python {llama_cpp.__version__} (llama.cpp 0.5.0, ggml 0.25.3)"
    with open(os.path.join(HERE, "manifest.json"), "w") as file:
        json.dump({"made_with": made, "models": entries}, file, indent=None, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
