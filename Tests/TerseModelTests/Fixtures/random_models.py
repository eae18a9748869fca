"""Small random GGUF models of every architecture and weight type, with a working vocabulary.

Weights follow a Student-t distribution scaled by fan-in, norms a log-normal one, so that attention is neither uniform nor
a spike and logits spread over about 3 nats: a KL divergence between two implementations then means something.
"""
import math
import os

import numpy as np

import gguf_io

DATA = os.environ["TERSE_TEST_DATA"]
TERNARY = ("tq1_0", "tq2_0", "i2_s")


def corpus():
    with open(os.path.join(DATA, "text/tinyshakespeare.txt"), encoding="utf-8") as file:
        return file.read()[:200_000]


def byte_level_vocabulary(size, pre):
    """GGUF metadata of a byte-level BPE vocabulary trained on a standard text; the last token is <|end|> (bos and eos)."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size - 1, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([corpus()], trainer)
    import json
    description = json.loads(tokenizer.to_str())["model"]
    tokens = [text for text, _ in sorted(description["vocab"].items(), key=lambda item: item[1])]
    tokens += [f"<|pad{i}|>" for i in range(size - 1 - len(tokens))] + ["<|end|>"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in description["merges"]]
    return {
        "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": pre, "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [gguf_io.I32(1)] * (size - 1) + [gguf_io.I32(3)], "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.bos_token_id": size - 1, "tokenizer.ggml.eos_token_id": size - 1,
    }


def sentencepiece_vocabulary(size):
    """GGUF metadata of a SentencePiece BPE vocabulary with byte fallback trained on a standard text."""
    import io

    import sentencepiece
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus().splitlines()), model_writer=model, model_type="bpe", vocab_size=size,
        byte_fallback=True, minloglevel=2)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    kinds = [gguf_io.I32(2 if pieces.is_unknown(i) else 3 if pieces.is_control(i) else 6 if pieces.is_byte(i) else 1)
             for i in range(size)]
    return {
        "tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": [pieces.id_to_piece(i) for i in range(size)],
        "tokenizer.ggml.scores": [float(pieces.get_score(i)) for i in range(size)], "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.unknown_token_id": 0,
    }


def llama3_factors(dimension, base, factor=8.0, low=1.0, high=4.0, trained=64):
    wavelengths = 2 * math.pi * base ** (np.arange(0, dimension, 2) / dimension)
    smooth = (trained / wavelengths - low) / (high - low)
    middle = 1 / ((1 - smooth) / factor + smooth)
    return np.where(wavelengths < trained / high, 1.0, np.where(wavelengths > trained / low, factor, middle)).astype(np.float32)


class Shape:
    """What distinguishes one small model from another."""

    def __init__(self, architecture, hidden=256, ffn=512, heads=8, kv_heads=2, head=None, layers=3, vocabulary=384,
                 tied=False, biases=None, rope=None, base=10000.0, context=512, spm=False, scales=False, outliers=0):
        self.__dict__.update(locals())
        self.head = head or hidden // heads
        self.bitnet = architecture.startswith("bitnet")
        self.tied = tied or self.bitnet
        self.biases = architecture == "qwen2" if biases is None else biases


def weights(shape, seed):
    """Name to float32 array (numpy order), untyped."""
    random = np.random.default_rng(seed)

    def matrix(rows, columns, gain=1.0):
        return (random.standard_t(6, (rows, columns)) * gain / math.sqrt(1.5 * columns)).astype(np.float32)

    def norm(n, centre=1.0):
        value = centre * np.exp(random.normal(0, 0.25, n))
        value[random.permutation(n)[: shape.outliers]] *= 6
        return value.astype(np.float32)

    hidden, kv = shape.hidden, shape.kv_heads * shape.head
    spread = 0.2 if shape.tied else 0.6  # A tied embedding that dominates the residual would only repeat its token.
    result = {"token_embd.weight": (random.standard_t(8, (shape.vocabulary, hidden)) * spread).astype(np.float32)}
    for layer in range(shape.layers):
        p = f"blk.{layer}."
        result[p + "attn_norm.weight"] = norm(hidden)
        result[p + "attn_q.weight"] = matrix(shape.heads * shape.head, hidden, 1.2)
        result[p + "attn_k.weight"] = matrix(kv, hidden, 1.2)
        result[p + "attn_v.weight"] = matrix(kv, hidden)
        if shape.biases:
            for name, n in (("q", shape.heads * shape.head), ("k", kv), ("v", kv)):
                result[p + f"attn_{name}.bias"] = random.normal(0, 0.5, n).astype(np.float32)
        if shape.architecture == "qwen3":
            result[p + "attn_q_norm.weight"] = norm(shape.head, 1.2)
            result[p + "attn_k_norm.weight"] = norm(shape.head, 1.2)
        if shape.bitnet:
            result[p + "attn_sub_norm.weight"] = norm(shape.heads * shape.head)
            result[p + "ffn_sub_norm.weight"] = norm(shape.ffn)
        result[p + "attn_output.weight"] = matrix(hidden, shape.heads * shape.head)
        result[p + "ffn_norm.weight"] = norm(hidden)
        result[p + "ffn_gate.weight"] = matrix(shape.ffn, hidden)
        result[p + "ffn_up.weight"] = matrix(shape.ffn, hidden)
        result[p + "ffn_down.weight"] = matrix(hidden, shape.ffn, 1.0 if shape.bitnet else 2.0)
    if shape.tied:
        result["output_norm.weight"] = norm(hidden, 3 / (spread * math.sqrt(1.33 * hidden)))
    else:
        result["output_norm.weight"] = norm(hidden)
        result["output.weight"] = matrix(shape.vocabulary, hidden, 3.0)
    if shape.rope == "llama3":
        result["rope_freqs.weight"] = llama3_factors(shape.head, shape.base)
    return result


def metadata(shape, type_name, vocabulary, architecture=None):
    a = architecture or shape.architecture
    result = {
        "general.architecture": a, "general.name": f"random {a} {type_name}", "general.alignment": 32,
        "general.file_type": gguf_io.FILE_TYPES[type_name], "general.quantization_version": 2,
        f"{a}.block_count": shape.layers, f"{a}.context_length": shape.context, f"{a}.embedding_length": shape.hidden,
        f"{a}.feed_forward_length": shape.ffn, f"{a}.attention.head_count": shape.heads,
        f"{a}.attention.head_count_kv": shape.kv_heads, f"{a}.attention.layer_norm_rms_epsilon": 1e-5,
        f"{a}.rope.freq_base": float(shape.base), f"{a}.rope.dimension_count": shape.head,
        f"{a}.vocab_size": shape.vocabulary,
    }
    if shape.head * shape.heads != shape.hidden or shape.architecture == "qwen3":
        result[f"{a}.attention.key_length"] = result[f"{a}.attention.value_length"] = shape.head
    if shape.rope in ("linear", "yarn"):
        result[f"{a}.rope.scaling.type"] = shape.rope
        result[f"{a}.rope.scaling.factor"] = 4.0
    if shape.rope == "yarn":
        result[f"{a}.rope.scaling.original_context_length"] = shape.context // 4
    result.update(vocabulary)
    return result


def typed(shape, arrays, type_name):
    """Name to (type name, numpy shape, bytes): matrices in the type asked for, everything else in float32.

    BitNet's projections are made ternary first (absolute mean, as trained); its tied embedding stays in f16 beside I2_S
    and in q6_k beside TQ types, as published files have it. With `scales`, TQ blocks hold −1, 0, 1 and a `.scale` tensor
    beside each holds the factor.
    """
    result = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            result[name] = ("f32", array.shape, gguf_io.encode(array, "f32"))
            continue
        kind = type_name
        if name.startswith(("token_embd", "output")):
            if type_name in TERNARY and shape.bitnet:
                kind = "f16" if type_name == "i2_s" else "q6_k"
        elif shape.bitnet or type_name == "i2_s":
            scale = np.float32(np.abs(array).mean())
            array = np.clip(np.round(array / scale), -1, 1).astype(np.float32)
            if shape.scales:
                result[name.replace(".weight", ".scale")] = ("f32", (1,), gguf_io.encode(scale.reshape(1), "f32"))
            else:
                array = array * scale
        if kind == "i2_s" and name.startswith(("token_embd", "output")):
            kind = "f16"
        result[name] = (kind, array.shape, gguf_io.encode(array, kind))
    return result


def tokens(shape, count, seed):
    random = np.random.default_rng(seed)
    return [1 if shape.spm else shape.vocabulary - 1] + random.integers(3, shape.vocabulary - 1, count - 1).tolist()


_vocabularies = {}


def vocabulary(shape):
    pre = {"llama": "llama-bpe", "qwen2": "qwen2", "qwen3": "qwen2"}.get(shape.architecture, "llama-bpe")
    key = (shape.vocabulary, "spm" if shape.spm else pre)
    if key not in _vocabularies:
        _vocabularies[key] = sentencepiece_vocabulary(key[0]) if shape.spm else byte_level_vocabulary(*key)
    return _vocabularies[key]


def write(path, shape, type_name, seed, architecture=None):
    tensors = typed(shape, weights(shape, seed), type_name)
    gguf_io.write(path, metadata(shape, type_name, vocabulary(shape), architecture), tensors)
