"""Inverse frequencies and attention factors of scaled rotary embeddings, by transformers. Usage: python rotary.py > rotary.json

Each case is computed by transformers' ROPE_INIT_FUNCTIONS in float32 (transformers 5.23).
"""
import json
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

CASES = [
    dict(rope_type="linear", factor=4.0, base=10000.0, dimension=64, context=8192),
    dict(rope_type="llama3", factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0, base=500000.0, dimension=64,
         context=131072, original_max_position_embeddings=8192),
    dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, base=500000.0, dimension=128,
         context=131072, original_max_position_embeddings=8192),
    dict(rope_type="yarn", factor=4.0, base=1000000.0, dimension=128, context=131072,
         original_max_position_embeddings=32768),
    dict(rope_type="yarn", factor=16.0, base=10000.0, dimension=64, context=65536, beta_fast=16.0, beta_slow=2.0,
         original_max_position_embeddings=4096),
    dict(rope_type="yarn", factor=2.0, base=10000.0, dimension=16, context=512,
         original_max_position_embeddings=256),
]

results = []
for case in CASES:
    parameters = {k: v for k, v in case.items() if k not in ("base", "dimension", "context")}
    config = LlamaConfig(
        hidden_size=case["dimension"] * 4, num_attention_heads=4, head_dim=case["dimension"],
        max_position_embeddings=case["context"], rope_parameters=dict(rope_theta=case["base"], **parameters))
    inverse, factor = ROPE_INIT_FUNCTIONS[case["rope_type"]](config, device="cpu")
    results.append(dict(case, inverse=[float(f"{x:.9g}") for x in inverse.tolist()], attention_factor=float(factor)))
print(json.dumps(dict(made_by="rotary.py with transformers 5.23", cases=results), indent=None))
