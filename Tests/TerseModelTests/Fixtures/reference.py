"""A float64 forward pass over a GGUF file's dequantised weights: the standard that Terse and llama.cpp are measured against.

Written from the papers and the semantics of the public modelling code: Llama (RMSNorm, rotary embedding, grouped-query
attention, SwiGLU), Qwen2 (biases on q, k, v), Qwen3 (RMSNorm per head on q and k), BitNet b1.58 (RMSNorm before the output
and down projections; SiLU in the 2024 form, squared ReLU in 2B-4T). `quantize_activations` rounds every ternary
projection's input to int8 per token by its absolute maximum, as BitNet was trained; without it the products are exact.

    reference.py MODEL.gguf --tokens "1 2 3" --output FILE [--quantize-activations] [--float64]
"""
import argparse
import math

import numpy as np

import gguf_io


def rms_norm(x, weight, epsilon):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + epsilon) * weight


def inverse_frequencies(metadata, architecture, dimension, factors):
    """Per-pair inverse frequencies and the factor on cosines and sines (YaRN's attention temperature)."""
    def get(key, default=None):
        return metadata.get(f"{architecture}.rope.{key}", default)

    base = float(get("freq_base", 10000.0))
    frequencies = base ** (-np.arange(0, dimension, 2, dtype=np.float64) / dimension)
    kind = get("scaling.type", "none" if get("scaling.factor") is None else "linear")
    factor = float(get("scaling.factor", 1.0) or 1.0)
    attention = float(get("scaling.attn_factor", 1.0))
    if factors is not None:  # llama-3's scaling, as GGUF keeps it
        frequencies = frequencies / factors
    if kind == "linear":
        frequencies = frequencies / factor
    elif kind == "yarn":  # https://arxiv.org/abs/2309.00071, section 3
        trained = get("scaling.original_context_length") or metadata[f"{architecture}.context_length"]
        fast, slow = float(get("scaling.yarn_beta_fast", 32)), float(get("scaling.yarn_beta_slow", 1))

        def rotations_at(count):
            return dimension * math.log(trained / (count * 2 * math.pi)) / (2 * math.log(base))

        low = max(math.floor(rotations_at(fast)), 0)
        high = min(math.ceil(rotations_at(slow)), dimension - 1)
        ramp = np.clip((np.arange(dimension // 2) - low) / max(high - low, 0.001), 0, 1)
        frequencies = frequencies / factor * ramp + frequencies * (1 - ramp)
        attention *= 0.1 * math.log(factor) + 1 if factor > 1 else 1.0
    return frequencies, attention


def rotate(x, positions, frequencies, attention, adjacent):
    """x: [tokens, heads, dimension]; rotates the first 2*len(frequencies) components of each head."""
    n = 2 * len(frequencies)
    angle = positions[:, None] * frequencies[None, :]
    cos, sin = np.cos(angle)[:, None, :] * attention, np.sin(angle)[:, None, :] * attention
    out = x.copy()
    a, b = (x[..., 0:n:2], x[..., 1:n:2]) if adjacent else (x[..., : n // 2], x[..., n // 2 : n])
    first, second = a * cos - b * sin, a * sin + b * cos
    if adjacent:
        out[..., 0:n:2], out[..., 1:n:2] = first, second
    else:
        out[..., : n // 2], out[..., n // 2 : n] = first, second
    return out


def quantize_rows(x):
    """int8 per token by absolute maximum, and back: what a BitNet projection sees."""
    scale = 127 / np.maximum(np.abs(x).max(axis=-1, keepdims=True), 1e-5)
    return np.clip(np.round(x * scale), -128, 127) / scale


class Model:
    def __init__(self, path):
        self.metadata, self.raw = gguf_io.read(path)
        self.architecture = self.metadata["general.architecture"]
        self.cache = {}

    def number(self, key, default=None):
        return self.metadata.get(f"{self.architecture}.{key}", default)

    def tensor(self, name):
        """Dequantised float64, times its `.scale` tensor where there is one; None when absent."""
        if name in self.cache:
            return self.cache[name]
        if name not in self.raw:
            return None
        kind, shape, data = self.raw[name]
        value = gguf_io.decode(data, kind, shape)
        scale = self.raw.get(name.replace(".weight", ".scale")) if name.endswith(".weight") else None
        if scale is not None:
            value = value * float(gguf_io.decode(scale[2], scale[0], scale[1])[0])
        self.cache[name] = value
        return value

    def is_bitnet(self):
        return self.architecture.startswith("bitnet")

    def squared_relu(self):
        if self.architecture in ("bitnet-b1.58", "bitnet-25"):
            return True
        return self.number("hidden_activation") in ("relu2", "relu_squared", "relu_sqr")

    def forward(self, tokens, quantize_activations=False, squared_relu=None):
        """float64 logits [tokens, vocabulary]."""
        squared = self.squared_relu() if squared_relu is None else squared_relu
        epsilon = float(self.number("attention.layer_norm_rms_epsilon"))
        heads, kv_heads = self.number("attention.head_count"), self.number("attention.head_count_kv")
        kv_heads = kv_heads or heads
        hidden = self.number("embedding_length")
        head = self.number("attention.key_length") or hidden // heads
        rotary = self.number("rope.dimension_count") or head
        frequencies, attention = inverse_frequencies(
            self.metadata, self.architecture, rotary, self.tensor("rope_freqs.weight"))
        adjacent = self.architecture == "llama"
        tokens = np.asarray(tokens)
        positions = np.arange(len(tokens), dtype=np.float64)
        mask = np.where(np.tri(len(tokens), dtype=bool), 0.0, -np.inf)

        def project(x, name):
            weight = self.tensor(name + ".weight")
            if quantize_activations and self.is_bitnet():
                x = quantize_rows(x)
            y = x @ weight.T
            bias = self.tensor(name + ".bias")
            return y if bias is None else y + bias

        x = self.tensor("token_embd.weight")[tokens]
        for layer in range(self.number("block_count")):
            p = f"blk.{layer}."
            n = rms_norm(x, self.tensor(p + "attn_norm.weight"), epsilon)
            q = project(n, p + "attn_q").reshape(len(tokens), heads, head)
            k = project(n, p + "attn_k").reshape(len(tokens), kv_heads, head)
            v = project(n, p + "attn_v").reshape(len(tokens), kv_heads, head)
            if self.tensor(p + "attn_q_norm.weight") is not None:
                q = rms_norm(q, self.tensor(p + "attn_q_norm.weight"), epsilon)
                k = rms_norm(k, self.tensor(p + "attn_k_norm.weight"), epsilon)
            q = rotate(q, positions, frequencies, attention, adjacent)
            k = rotate(k, positions, frequencies, attention, adjacent)
            k, v = (np.repeat(t, heads // kv_heads, axis=1) for t in (k, v))
            scores = np.einsum("thd,shd->hts", q, k) / math.sqrt(head) + mask
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            scores /= scores.sum(axis=-1, keepdims=True)
            a = np.einsum("hts,shd->thd", scores, v).reshape(len(tokens), heads * head)
            if self.is_bitnet():
                a = rms_norm(a, self.tensor(p + "attn_sub_norm.weight"), epsilon)
            x = x + project(a, p + "attn_output")
            n = rms_norm(x, self.tensor(p + "ffn_norm.weight"), epsilon)
            gate, up = project(n, p + "ffn_gate"), project(n, p + "ffn_up")
            gate = np.maximum(gate, 0) ** 2 if squared else gate / (1 + np.exp(-gate))
            f = gate * up
            if self.is_bitnet():
                f = rms_norm(f, self.tensor(p + "ffn_sub_norm.weight"), epsilon)
            x = x + project(f, p + "ffn_down")
        x = rms_norm(x, self.tensor("output_norm.weight"), epsilon)
        output = self.tensor("output.weight")
        return x @ (self.tensor("token_embd.weight") if output is None else output).T


def log_softmax(logits):
    logits = np.asarray(logits, np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def kl_divergence(reference, other):
    """Mean over positions of KL(reference || other), in nats."""
    p, q = log_softmax(reference), log_softmax(other)
    return float((np.exp(p) * (p - q)).sum(axis=-1).mean())


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("model")
    arguments.add_argument("--tokens", required=True)
    arguments.add_argument("--output", required=True)
    arguments.add_argument("--quantize-activations", action="store_true")
    arguments.add_argument("--float64", action="store_true")
    options = arguments.parse_args()
    logits = Model(options.model).forward([int(t) for t in options.tokens.split()], options.quantize_activations)
    logits.astype(np.float64 if options.float64 else np.float32).tofile(options.output)
