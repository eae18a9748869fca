#!/usr/bin/env python3
"""Makes the files of this folder with other people's implementations, and expected.json, what they decode to.

    make_fixtures.py LLAMA_CPP TOKENIZER_MODEL

gguf/*.gguf           gguf-py (GGUFWriter, quants), the shards by its split_max_tensors
safetensors/*         safetensors.torch
huggingface/*         transformers (save_pretrained); bitnet-packed with its pack_weights
expected.json         tensors as gguf-py dequantises them; for huggingface/ as llama.cpp's convert_hf_to_gguf.py
                      (checkout at LLAMA_CPP, any SentencePiece model at TOKENIZER_MODEL) converts them, for
                      bitnet-packed as transformers' unpack_weights and AutoBitLinear read them

Needs gguf, numpy, safetensors, torch, transformers. Deterministic but for torch's random numbers across versions.
"""
import json, os, shutil, subprocess, sys, tempfile
import numpy as np, torch, gguf
from gguf import quants, GGMLQuantizationType as Q
from safetensors.torch import save_file
import transformers
from transformers.integrations.bitnet import pack_weights, unpack_weights

here = os.path.dirname(os.path.abspath(__file__))
llama_cpp, tokenizer_model = sys.argv[1:3]
expected = {}


def describe(values):
    """Shape (contiguous dimension first), the first values and a sum that notices any reordering."""
    flat = np.asarray(values, dtype=np.float64).reshape(-1)
    weights = np.arange(flat.size) % 97 + 1
    return {"shape": list(reversed(np.shape(values))), "first": flat[:4].tolist(), "sum": float((flat * weights).sum())}


def describe_gguf(*paths):
    tensors, keys = {}, {}
    for path in paths:
        reader = gguf.GGUFReader(path)
        for t in reader.tensors:
            values = quants.dequantize(t.data, t.tensor_type)
            tensors[t.name] = {"type": t.tensor_type.name.lower(), **describe(values.reshape(tuple(reversed(t.shape.tolist()))))}
        for f in reader.fields.values():
            if f.name.startswith("GGUF.") or f.name.startswith("split."):
                continue
            value = f.contents()
            keys[f.name] = {"types": [t.name.lower() for t in f.types], "value": value if not isinstance(value, list) else value[:8]}
    return {"metadata": keys, "tensors": tensors}


# GGUF: every metadata type, every element type.
os.makedirs(f"{here}/gguf", exist_ok=True)
rng = np.random.default_rng(1)


def add_metadata(w):
    w.add_uint8("test.uint8", 255); w.add_int8("test.int8", -128)
    w.add_uint16("test.uint16", 65535); w.add_int16("test.int16", -32768)
    w.add_uint32("test.uint32", 4294967295); w.add_int32("test.int32", -2147483648)
    w.add_uint64("test.uint64", 18446744073709551615); w.add_int64("test.int64", -9223372036854775808)
    w.add_float32("test.float32", 0.1); w.add_float64("test.float64", 0.1)
    w.add_bool("test.bool", True); w.add_string("test.string", "wörter, 文字, 🙂")
    w.add_array("test.strings", ["a", "ünï", "🙂"])
    w.add_array("test.ints", [1, -2, 3]); w.add_array("test.floats", [0.5, -1.25])
    w.add_array("test.bools", [True, False, True])
    w.add_array("test.nested", [[1, 2], [3]])


def random_blocks(kind, shape):
    """Random blocks with sane float16 scales, for the types that gguf-py only reads."""
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (shape[0], shape[1] // elements, size), dtype=np.uint8)
    scale = lambda n: (rng.random((shape[0], shape[1] // elements, n)) * 0.01).astype(np.float16).view(np.uint8)
    if kind == Q.Q6_K: blocks[:, :, -2:] = scale(1)
    else: blocks[:, :, :4] = scale(2)
    return blocks.reshape(shape[0], -1)


def add_tensors(w, names):
    for name in names:
        kind = Q[name.upper()]
        shape = (3, 512) if gguf.GGML_QUANT_SIZES[kind][0] == 256 else (5, 64)
        values = rng.standard_normal(shape).astype(np.float32)
        if kind in (Q.Q4_K, Q.Q5_K, Q.Q6_K): data = random_blocks(kind, shape)
        elif kind == Q.F32: data = values
        elif kind == Q.F16: data = values.astype(np.float16)
        else: data = quants.quantize(values, kind)
        raw = None if kind in (Q.F32, Q.F16) else kind
        w.add_tensor(f"{name}.weight", data, raw_dtype=raw)


TYPES = "f32 f16 bf16 q8_0 q4_0 q4_1 q5_0 q5_1 q4_k q5_k q6_k tq1_0 tq2_0".split()


def finish(w):
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()


w = gguf.GGUFWriter(f"{here}/gguf/types.gguf", "llama")
add_metadata(w); add_tensors(w, TYPES); finish(w)
expected["gguf/types.gguf"] = describe_gguf(f"{here}/gguf/types.gguf")

w = gguf.GGUFWriter(f"{here}/gguf/aligned64.gguf", "llama")
w.add_custom_alignment(64); add_tensors(w, ["f32", "q8_0", "tq2_0"]); finish(w)
expected["gguf/aligned64.gguf"] = describe_gguf(f"{here}/gguf/aligned64.gguf")

w = gguf.GGUFWriter(f"{here}/gguf/sharded.gguf", "llama", split_max_tensors=2)
w.add_string("general.name", "in three shards"); add_tensors(w, ["f32", "f16", "bf16", "q8_0", "q4_0"]); finish(w)
shards = [f"{here}/gguf/sharded-{i:05d}-of-00003.gguf" for i in (1, 2, 3)]
expected["gguf/sharded-00001-of-00003.gguf"] = describe_gguf(*shards)

# A big-endian file, which is refused.
w = gguf.GGUFWriter(f"{here}/gguf/big-endian.gguf", "llama", endianess=gguf.GGUFEndian.BIG)
add_tensors(w, ["f32"]); finish(w)

# safetensors: the types of the format.
os.makedirs(f"{here}/safetensors", exist_ok=True)
torch.manual_seed(1)
tensors = {
    "f32": torch.randn(3, 5), "f16": torch.randn(4, 4).half(), "bf16": torch.randn(7).bfloat16(),
    "u8": torch.arange(12, dtype=torch.uint8).reshape(3, 4), "i8": torch.arange(-4, 4, dtype=torch.int8),
    "i32": torch.arange(5, dtype=torch.int32), "i64": torch.arange(3), "f64": torch.randn(2).double(),
    "scalar": torch.tensor(1.5), "empty": torch.zeros(0, 3),
}
save_file(tensors, f"{here}/safetensors/types.safetensors", metadata={"format": "pt", "note": "größer"})
expected["safetensors/types.safetensors"] = {
    k: {"type": str(v.dtype).removeprefix("torch."), "shape": list(v.shape), "values": v.double().reshape(-1).tolist()}
    for k, v in tensors.items()}


# Hugging Face directories.
def convert(name):
    """What llama.cpp's converter makes of a directory, in float32."""
    with tempfile.TemporaryDirectory() as tmp:
        shutil.copytree(f"{here}/huggingface/{name}", f"{tmp}/{name}")
        shutil.copy(tokenizer_model, f"{tmp}/{name}/tokenizer.model")
        subprocess.run([sys.executable, f"{llama_cpp}/convert_hf_to_gguf.py", f"{tmp}/{name}", "--outtype", "f32",
                        "--outfile", f"{tmp}/out.gguf"], check=True, stdout=subprocess.DEVNULL)
        result = describe_gguf(f"{tmp}/out.gguf")
    result["metadata"] = {k: v for k, v in result["metadata"].items()
                          if not k.startswith("tokenizer.") and not k.startswith("general.")}
    return result


def save(name, model, dtype, **arguments):
    path = f"{here}/huggingface/{name}"
    shutil.rmtree(path, ignore_errors=True)
    model.to(dtype).save_pretrained(path, **arguments)
    return path


def edit(path, change):
    value = json.load(open(path)); change(value)
    json.dump(value, open(path, "w"), indent=2)


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        p.data = torch.randn(p.shape, generator=generator) * 0.1 + (1 if "norm" in name else 0)


common = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, vocab_size=64, max_position_embeddings=512)
model = transformers.LlamaForCausalLM(transformers.LlamaConfig(
    **common, tie_word_embeddings=False, rope_parameters=dict(
        rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=128)))
randomize(model, 2)
save("llama-sharded", model, torch.bfloat16, max_shard_size="60KB")
expected["huggingface/llama-sharded"] = convert("llama-sharded")

model = transformers.Qwen2ForCausalLM(transformers.Qwen2Config(
    **common, tie_word_embeddings=True, rope_parameters=dict(
        rope_type="yarn", rope_theta=1000000.0, factor=4.0, original_max_position_embeddings=128)))
randomize(model, 3)
save("qwen2", model, torch.float16)
open(f"{here}/huggingface/qwen2/chat_template.jinja", "w").write("{{ messages }}")
expected["huggingface/qwen2"] = convert("qwen2")

model = transformers.Qwen3ForCausalLM(transformers.Qwen3Config(
    **{**common, "hidden_size": 32, "intermediate_size": 48}, head_dim=32, tie_word_embeddings=True, rope_parameters=dict(rope_type="default", rope_theta=1000000.0)))
randomize(model, 4)
save("qwen3", model, torch.float32)
expected["huggingface/qwen3"] = convert("qwen3")

# BitNet with bf16 master weights, as transformers' online mode reads them, and under the names of the 2024 models.
config = transformers.BitNetConfig(**common, tie_word_embeddings=True, hidden_act="relu2")
model = transformers.BitNetForCausalLM(config)
randomize(model, 5)
path = save("bitnet-master", model, torch.bfloat16)
edit(f"{path}/config.json", lambda c: c.update(quantization_config={
    "quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online"}))
edit(f"{path}/generation_config.json", lambda c: c.update(eos_token_id=[1, 9]))
rename = lambda k: (k.replace("self_attn.attn_sub_norm", "self_attn.inner_attn_ln")
                    .replace("mlp.ffn_sub_norm", "mlp.ffn_layernorm"))
old = f"{here}/huggingface/bitnet-2024"
shutil.rmtree(old, ignore_errors=True)
shutil.copytree(path, old)
state = {k: v.clone() for k, v in model.state_dict().items() if k != "lm_head.weight"}
save_file({rename(k): v for k, v in state.items()}, f"{old}/model.safetensors", metadata={"format": "pt"})
edit(f"{old}/config.json", lambda c: (c.update(architectures=["BitnetForCausalLM"], hidden_act="silu"),
                                      c.pop("quantization_config")))
expected["huggingface/bitnet-2024"] = convert("bitnet-2024")
expected["huggingface/bitnet-master"] = expected["huggingface/bitnet-2024"]

# BitNet packed: one layer wide enough for blocks of 256.
config = transformers.BitNetConfig(**{**common, "hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 1,
                                      "vocab_size": 16}, tie_word_embeddings=True, hidden_act="relu2")
model = transformers.BitNetForCausalLM(config)
randomize(model, 6)
packed, values = {}, {}
for k, v in model.state_dict().items():
    if k == "lm_head.weight": continue
    v = v.bfloat16()
    if k.endswith("_proj.weight"):
        scale = v.float().abs().mean().clamp(min=1e-5)
        packed[k] = pack_weights((v.float() / scale).round().clamp(-1, 1).to(torch.int8))
        packed[k + "_scale"] = scale.reshape(1).bfloat16()
        values[k] = unpack_weights.__wrapped__(packed[k], torch.float32) if hasattr(unpack_weights, "__wrapped__") \
            else unpack_weights(packed[k], torch.float32)
        values[k] = values[k] * packed[k + "_scale"].float()
    else:
        packed[k] = v.clone(); values[k] = v.float()
path = f"{here}/huggingface/bitnet-packed"
shutil.rmtree(path, ignore_errors=True)
os.makedirs(path)
model.config.architectures = ["BitNetForCausalLM"]
model.config.save_pretrained(path)
edit(f"{path}/config.json", lambda c: c.update(quantization_config={
    "quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline"}))
save_file(packed, f"{path}/model.safetensors", metadata={"format": "pt"})
names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BITNET, 1)
alias = lambda k: k.replace("attn_sub_norm", "inner_attn_ln").replace("ffn_sub_norm", "ffn_layernorm")
expected["huggingface/bitnet-packed"] = {"metadata": {}, "tensors": {
    names.get_name(alias(k), try_suffixes=(".weight",)): {"type": "", **describe(v.numpy())} for k, v in values.items()}}

json.dump(expected, open(f"{here}/expected.json", "w"), indent=1, ensure_ascii=False)
