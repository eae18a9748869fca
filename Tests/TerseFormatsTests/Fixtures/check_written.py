#!/usr/bin/env python3
"""Checks the files of written/, which Terse's converter made of huggingface/ (ConverterTests compares its output with
them): gguf-py reads them whole, and llama.cpp's logits are transformers' but for the rounding of the type.

    check_written.py

BitNet with squared ReLU, which llama.cpp does not compute, is loaded there and its weights are compared alone.
Needs gguf, llama-cpp-python, numpy, torch, transformers.
"""
import json, os
import gguf, llama_cpp, numpy as np, torch, transformers
from gguf import quants

here = os.path.dirname(os.path.abspath(__file__))
expected = json.load(open(f"{here}/expected.json"))
tokens = [1, 5, 9, 33, 7, 60, 2, 17, 44, 3, 8, 21] * 4


def weights(path):
    reader = gguf.GGUFReader(path)
    values = {t.name: quants.dequantize(t.data, t.tensor_type).astype(np.float64) for t in reader.tensors}
    for name in [n for n in values if n.endswith(".scale")]:
        values[name.removesuffix("scale") + "weight"] *= values.pop(name)[0]
    return values


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


for file, tolerance in [("llama-sharded-q8_0", 0.01), ("qwen2-f16", 0.001), ("bitnet-packed-tq1_0", 1e-6)]:
    path = f"{here}/written/{file}.gguf"
    name = file.rpartition("-")[0]
    values = weights(path)
    reference = expected[f"huggingface/{name}"]["tensors"]
    assert values.keys() == reference.keys(), values.keys() ^ reference.keys()
    for key, tensor in reference.items():
        if file.startswith("bitnet") and key == "token_embd.weight": continue  # Q6_K
        flat = values[key].reshape(-1)
        assert np.allclose(flat[:4], tensor["first"], rtol=tolerance, atol=tolerance * np.abs(flat).max()), key
        multipliers = np.arange(flat.size) % 97 + 1
        assert abs((flat * multipliers).sum() - tensor["sum"]) <= tolerance * (np.abs(flat) * multipliers).sum(), key
    llama = llama_cpp.Llama(path, n_ctx=128, logits_all=True, verbose=False)
    if file.startswith("bitnet"):
        print(f"{file}: gguf-py reads it, llama.cpp loads it")
        continue
    llama.eval(tokens)
    found = log_softmax(np.array(llama.scores[: len(tokens)], dtype=np.float64))
    model = transformers.AutoModelForCausalLM.from_pretrained(f"{here}/huggingface/{name}", dtype=torch.float32)
    with torch.no_grad():
        true = log_softmax(model(torch.tensor([tokens])).logits[0].double().numpy())
    divergence = (np.exp(true) * (true - found)).sum(-1).mean()
    assert divergence < 1e-3, divergence
    print(f"{file}: gguf-py reads it, llama.cpp's logits diverge from transformers' by {divergence:.2e}")
