"""Tiny random Hugging Face directories and what transformers computes from them.

    make_huggingface.py          (rewrites HuggingFace/)

Each directory holds config.json, safetensors (one sharded), tokenizer.json and `expected.json`: token ids, texts with the
ids of the tokenizers library, and beside it `logits.f32`, float32 [tokens, vocabulary], by transformers in float32 (eager
attention). BitNet appears as master weights (quantised online) and packed in both conventions: `autobitlinear` multiplies by
weight_scale, `bitlinear` divides by it.
"""
import contextlib
import json
import os
import shutil
import unittest.mock

os.environ["TORCHDYNAMO_DISABLE"] = "1"
import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
from transformers.integrations import bitnet

import random_models
import reference

HERE = os.path.dirname(os.path.abspath(__file__))
VOCABULARY = 288
TEXTS = ["Once upon a time", "First Citizen: Speak, speak.\n\nAll the world's a stage 1234", "na\u00efve \u2014 \u4f60\u597d \U0001f600  x"]


def tokenizer(directory, pre):
    """Byte-level BPE with the pre-tokenizer of the family; returns (tokenizer, texts with ids)."""
    result = Tokenizer(models.BPE(ignore_merges=pre == "llama"))
    patterns = {
        "llama": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        "qwen": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    }
    from tokenizers import Regex, normalizers
    if pre == "qwen":
        result.normalizer = normalizers.NFC()
    result.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(patterns[pre]), "isolated", False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    result.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 2, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    result.train_from_iterator([random_models.corpus()], trainer)
    result.add_special_tokens(["<|begin|>", "<|end|>"])
    fast = PreTrainedTokenizerFast(tokenizer_object=result, bos_token="<|begin|>", eos_token="<|end|>")
    fast.save_pretrained(directory)
    return [{"text": text, "ids": fast.encode(text, add_special_tokens=False)} for text in TEXTS]


NAMES = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "attn_sub_norm": "self_attn.attn_sub_norm", "ffn_sub_norm": "mlp.ffn_sub_norm",
}
TOP = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight", "output.weight": "lm_head.weight"}


def state(shape, seed, dtype):
    result = {}
    for name, array in random_models.weights(shape, seed).items():
        if name == "rope_freqs.weight":
            continue
        if name in TOP:
            key = TOP[name]
        else:
            _, layer, part, kind = name.split(".")
            key = f"model.layers.{layer}.{NAMES[part]}.{kind}"
        result[key] = torch.from_numpy(array).to(dtype)
    return result


def pack(ternary):
    """Four output rows to a byte: row r of quarter q at bits 2q, value + 1."""
    rows = ternary.shape[0] // 4
    codes = (ternary + 1).to(torch.uint8)
    return codes[:rows] | codes[rows : 2 * rows] << 2 | codes[2 * rows : 3 * rows] << 4 | codes[3 * rows :] << 6


def packed(weights, divides):
    result = {}
    for key, value in weights.items():
        if "_proj.weight" not in key:
            result[key] = value
            continue
        scale = value.float().abs().mean()
        result[key] = pack(torch.clamp(torch.round(value.float() / scale), -1, 1))
        result[key + "_scale"] = (1 / scale if divides else scale).to(value.dtype).reshape(1)
    return result


@contextlib.contextmanager
def float_activations():
    """BitNet's linear layers without their rounding of activations: what that rounding costs is the measure of a match."""
    with unittest.mock.patch.object(bitnet.ActQuant, "apply", lambda x: x), unittest.mock.patch.object(
            bitnet.BitLinear, "activation_quant", lambda self, x, num_bits=8: (x, torch.ones(()))):
        yield


def write(name, shape, dtype, architecture, extra, pre, seed, transform=None, shards=1):
    directory = os.path.join(HERE, "HuggingFace", name)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    texts = tokenizer(directory, pre)
    weights = state(shape, seed, dtype)
    if transform:
        weights = transform(weights)
    if shards == 1:
        save_file(weights, os.path.join(directory, "model.safetensors"), {"format": "pt"})
    else:
        keys, index = list(weights), {}
        for i in range(shards):
            file = f"model-{i + 1:05}-of-{shards:05}.safetensors"
            part = keys[i * len(keys) // shards : (i + 1) * len(keys) // shards]
            save_file({k: weights[k] for k in part}, os.path.join(directory, file), {"format": "pt"})
            index.update({k: file for k in part})
        total = sum(w.numel() * w.element_size() for w in weights.values())
        with open(os.path.join(directory, "model.safetensors.index.json"), "w") as file:
            json.dump({"metadata": {"total_size": total}, "weight_map": index}, file, indent=1)
    config = {
        "architectures": [architecture[0]], "model_type": architecture[1], "hidden_size": shape.hidden,
        "intermediate_size": shape.ffn, "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads, "vocab_size": shape.vocabulary, "max_position_embeddings": shape.context,
        "rms_norm_eps": 1e-5, "tie_word_embeddings": shape.tied, "hidden_act": "silu", "rope_theta": shape.base,
        "bos_token_id": VOCABULARY - 2, "eos_token_id": VOCABULARY - 1, "torch_dtype": str(dtype).split(".")[1],
    }
    config.update(extra)
    with open(os.path.join(directory, "config.json"), "w") as file:
        json.dump(config, file, indent=1)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()
    torch.nn.Module.float(model)  # Offline BitNet keeps bfloat16 buffers whatever dtype is asked for.
    tokens = [VOCABULARY - 2] + np.random.default_rng(seed).integers(0, VOCABULARY - 2, 31).tolist()
    with torch.no_grad():
        logits = model(torch.tensor([tokens])).logits[0].float().numpy()
    logits.astype("<f4").tofile(os.path.join(directory, "logits.f32"))
    expected = {"made_with": f"transformers {transformers.__version__}, torch {torch.__version__}", "tokens": tokens,
                "texts": texts}
    if architecture[1] == "bitnet":
        with float_activations(), torch.no_grad():
            expected["int8_activations_kl"] = reference.kl_divergence(logits, model(torch.tensor([tokens])).logits[0].numpy())
    with open(os.path.join(directory, "expected.json"), "w") as file:
        json.dump(expected, file)
    print(name, "logits", logits.shape, f"spread {logits.std():.2f}", f"{sum(e.stat().st_size for e in os.scandir(directory))} bytes")


def main():
    shape = random_models.Shape
    small = dict(hidden=64, ffn=96, heads=4, kv_heads=2, layers=2, vocabulary=VOCABULARY, context=256)
    llama3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
              "original_max_position_embeddings": 64}
    write("llama", shape("llama", base=5e5, **small), torch.float16, ("LlamaForCausalLM", "llama"),
          {"rope_scaling": llama3}, "llama", 1)
    write("qwen2", shape("qwen2", tied=True, base=1e6, **small), torch.bfloat16, ("Qwen2ForCausalLM", "qwen2"),
          {"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}}, "qwen", 2)
    tiny = dict(small, hidden=32, ffn=64)
    write("qwen3", shape("qwen3", head=16, base=1e6, **tiny), torch.float32, ("Qwen3ForCausalLM", "qwen3"),
          {"head_dim": 16, "attention_bias": False}, "qwen", 3, shards=2)

    def quantization(linear, mode):
        return {"hidden_act": "relu2", "quantization_config": {
            "quant_method": "bitnet", "linear_class": linear, "quantization_mode": mode}}

    bitnet = dict(hidden=128, ffn=128, heads=4, kv_heads=2, layers=1, vocabulary=VOCABULARY, context=256)
    names = ("BitNetForCausalLM", "bitnet")
    write("bitnet-master", shape("bitnet-b1.58", base=5e5, **bitnet), torch.bfloat16, names,
          quantization("autobitlinear", "online"), "llama", 4)
    write("bitnet-packed-bitlinear", shape("bitnet-b1.58", base=5e5, **bitnet), torch.bfloat16, names,
          quantization("bitlinear", "offline"), "llama", 5, lambda w: packed(w, divides=True))
    wide = dict(bitnet, hidden=256, ffn=256)
    write("bitnet-packed", shape("bitnet-b1.58", base=5e5, **wide), torch.bfloat16, names,
          quantization("autobitlinear", "offline"), "llama", 6, lambda w: packed(w, divides=False))


if __name__ == "__main__":
    main()
