"""Makes bitlinear.json, steps.json and distillation.json with PyTorch (float32, CPU): python3 make_fixtures.py

The models and optimisers are written here from their papers, with autograd for every gradient. Weights and tokens come
from SplitMix64, which the tests have too, so that only results are stored.
"""

import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(0)
HERE = pathlib.Path(__file__).parent

LAYERS, HIDDEN, INNER, HEADS, KV_HEADS, VOCABULARY = 2, 32, 48, 4, 2, 64
WINDOWS, TOKENS, STEPS, BATCHES = 2, 16, 20, 4
DIMENSION = HIDDEN // HEADS
EPSILON = 1e-5


def mix(seeds):
    """The first number of SplitMix64 from each seed."""
    z = seeds.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(stream, count):
    """Numbers in −1 … 1, element i of a stream from the seed stream · 2^32 + i."""
    bits = mix(np.uint64(stream << 32) + np.arange(count, dtype=np.uint64))
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1


def tensor(stream, *shape):
    return torch.tensor(uniform(stream, math.prod(shape)).reshape(shape), dtype=torch.float32)


def tokens(stream):
    bits = mix(np.uint64(stream << 32) + np.arange(WINDOWS * TOKENS, dtype=np.uint64))
    return torch.tensor((bits % np.uint64(VOCABULARY)).astype(np.int64).reshape(WINDOWS, TOKENS))


def straight_through(x, rounded):
    return x + (rounded - x).detach()


def ternary(w):
    """BitNet b1.58's weights, as transformers' integrations/bitnet.py has them."""
    scale = 1 / w.abs().mean().clamp(min=1e-5)
    return straight_through(w, (w * scale).round().clamp(-1, 1) / scale)


def int8(x):
    scale = 127 / x.abs().max(dim=-1, keepdim=True).values.clamp(min=1e-5)
    return straight_through(x, (x * scale).round().clamp(-128, 127) / scale)


def rms_norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * weight


def rotate(x, adjacent):
    """x [windows, heads, tokens, dimension]"""
    frequencies = 10000.0 ** (-torch.arange(0, DIMENSION, 2, dtype=torch.float64) / DIMENSION)
    angles = torch.arange(TOKENS, dtype=torch.float64)[:, None] * frequencies[None]
    c, s = angles.cos().float(), angles.sin().float()
    if adjacent:
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack([a * c - b * s, a * s + b * c], dim=-1).flatten(-2)
    a, b = x[..., : DIMENSION // 2], x[..., DIMENSION // 2 :]
    return torch.cat([a * c - b * s, a * s + b * c], dim=-1)


class Model:
    def __init__(self, architecture, is_ternary, activation):
        self.is_bitnet, self.is_ternary = architecture == "bitnet", is_ternary
        self.activation = activation
        self.parameters, self.roles = {}, {}
        self.add("token_embd", "embedding", VOCABULARY, HIDDEN)
        for layer in range(LAYERS):
            name = f"blk.{layer}."
            self.add(name + "attn_norm", "norm", HIDDEN)
            self.add(name + "attn_q", "projection", HIDDEN, HIDDEN)
            self.add(name + "attn_k", "projection", KV_HEADS * DIMENSION, HIDDEN)
            self.add(name + "attn_v", "projection", KV_HEADS * DIMENSION, HIDDEN)
            if self.is_bitnet:
                self.add(name + "attn_sub_norm", "norm", HIDDEN)
            self.add(name + "attn_output", "projection", HIDDEN, HIDDEN)
            self.add(name + "ffn_norm", "norm", HIDDEN)
            self.add(name + "ffn_gate", "projection", INNER, HIDDEN)
            self.add(name + "ffn_up", "projection", INNER, HIDDEN)
            if self.is_bitnet:
                self.add(name + "ffn_sub_norm", "norm", INNER)
            self.add(name + "ffn_down", "projection", HIDDEN, INNER)
        self.add("output_norm", "norm", HIDDEN)
        if not self.is_bitnet:
            self.add("output", "head", VOCABULARY, HIDDEN)

    def add(self, name, role, *shape):
        value = tensor(len(self.parameters), *shape)
        value = 1 + 0.1 * value if role == "norm" else 0.2 * value
        self.parameters[name] = value.requires_grad_()
        self.roles[name] = role

    def linear(self, x, name):
        w = self.parameters[name]
        return F.linear(int8(x), ternary(w)) if self.is_ternary else F.linear(x, w)

    def norm(self, x, name):
        return rms_norm(x, self.parameters[name]) if name in self.parameters else x

    def heads(self, x, count):
        return x.view(WINDOWS, TOKENS, count, DIMENSION).transpose(1, 2)

    def layer(self, x, name):
        h = self.norm(x, name + "attn_norm")
        q = rotate(self.heads(self.linear(h, name + "attn_q"), HEADS), not self.is_bitnet)
        k = rotate(self.heads(self.linear(h, name + "attn_k"), KV_HEADS), not self.is_bitnet)
        v = self.heads(self.linear(h, name + "attn_v"), KV_HEADS)
        k, v = (t.repeat_interleave(HEADS // KV_HEADS, dim=1) for t in (k, v))
        mask = torch.full((TOKENS, TOKENS), -math.inf).triu(1)
        attended = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(DIMENSION) + mask, dim=-1) @ v
        attended = attended.transpose(1, 2).reshape(WINDOWS, TOKENS, HIDDEN)
        x = x + self.linear(self.norm(attended, name + "attn_sub_norm"), name + "attn_output")
        h = self.norm(x, name + "ffn_norm")
        gate = self.linear(h, name + "ffn_gate")
        gate = F.silu(gate) if self.activation == "silu" else F.relu(gate) ** 2
        inner = self.norm(gate * self.linear(h, name + "ffn_up"), name + "ffn_sub_norm")
        return x + self.linear(inner, name + "ffn_down")

    def loss(self, inputs, targets):
        x = self.parameters["token_embd"][inputs]
        for layer in range(LAYERS):
            x = self.layer(x, f"blk.{layer}.")
        head = self.parameters.get("output", self.parameters["token_embd"])
        logits = F.linear(self.norm(x, "output_norm"), head)
        return F.cross_entropy(logits.view(-1, VOCABULARY), targets.view(-1))


def orthogonalized(x):
    """Muon's Newton-Schulz iteration, in float32."""
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x


class Muon:
    def __init__(self, weights, rate):
        self.weights, self.rate = weights, rate
        self.momenta = [torch.zeros_like(w) for w in weights]

    @torch.no_grad()
    def step(self):
        for w, m in zip(self.weights, self.momenta):
            m.mul_(0.95).add_(w.grad)
            direction = w.grad + 0.95 * m
            tall = w.shape[0] > w.shape[1]
            step = orthogonalized(direction.T).T if tall else orthogonalized(direction)
            w.mul_(1 - self.rate * 0.1).sub_(self.rate * math.sqrt(max(1, w.shape[0] / w.shape[1])) * step)


def train(architecture, is_ternary, activation, rule):
    model = Model(architecture, is_ternary, activation)
    by_role = lambda *roles: [w for n, w in model.parameters.items() if model.roles[n] in roles]
    decayed = by_role("projection", "head") if rule == "adamw" else by_role("head")
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": by_role("embedding", "norm"), "weight_decay": 0.0}]
    optimizers = [torch.optim.AdamW([g for g in groups if g["params"]], lr=3e-3, betas=(0.9, 0.95), eps=1e-8)]
    if rule == "muon":
        optimizers.append(Muon(by_role("projection"), 0.02))
    losses, norms = [], []
    for step in range(STEPS):
        inputs, targets = tokens(1000 + step % BATCHES), tokens(2000 + step % BATCHES)
        for w in model.parameters.values():
            w.grad = None
        loss = model.loss(inputs, targets)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters.values(), 1.0)))
        losses.append(float(loss.detach()))
        for optimizer in optimizers:
            optimizer.step()
    return {"architecture": architecture, "ternary": is_ternary, "activation": activation, "rule": rule,
            "losses": losses, "gradient_norms": norms}


def bitlinear():
    x = tensor(3000, 5, 24).requires_grad_()
    w = tensor(3001, 12, 24).requires_grad_()
    y = F.linear(int8(x), ternary(w))
    y.backward(tensor(3002, 5, 12))
    flat = lambda t: [float(v) for v in t.detach().flatten()]
    return {"y": flat(y), "dx": flat(x.grad), "dw": flat(w.grad)}


def divergence(rows, columns, temperature):
    """Both divergences of rows of logits, times the square of the temperature, and their gradients."""
    student = (4 * tensor(3100, rows, columns)).requires_grad_()
    teacher = 4 * tensor(3101, rows, columns)
    q, p = (F.log_softmax(x / temperature, dim=-1) for x in (student, teacher))
    forward = F.kl_div(q, p, reduction="none", log_target=True).sum(-1)
    reverse = F.kl_div(p, q, reduction="none", log_target=True).sum(-1)
    result = {"rows": rows, "columns": columns, "temperature": temperature}
    for name, loss in (("forward", forward), ("reverse", reverse)):
        (gradient,) = torch.autograd.grad(temperature**2 * loss.sum(), student, retain_graph=True)
        result[name] = [float(v) for v in loss.detach()]
        result[name + "_gradient"] = [float(v) for v in gradient.flatten()]
    return result


def relation(windows, tokens, width, kv_width, taught_width, taught_kv_width, heads):
    """MiniLMv2's loss on queries, keys and values, a mean over relation heads and tokens, summed over windows."""
    widths = ((width, taught_width), (kv_width, taught_kv_width), (kv_width, taught_kv_width))
    loss, states = 0, []
    for kind, (own, taught) in enumerate(widths):
        student = tensor(3200 + kind, windows, tokens, own).requires_grad_()
        teacher = tensor(3300 + kind, windows, tokens, taught)
        split = lambda x: x.view(windows, tokens, heads, -1).transpose(1, 2)
        scores = lambda a: a @ a.transpose(-1, -2) / math.sqrt(a.shape[-1])
        q, p = (F.log_softmax(scores(split(x)), dim=-1) for x in (student, teacher))
        loss = loss + F.kl_div(q, p, reduction="sum", log_target=True) / (heads * tokens)
        states.append(student)
    gradients = torch.autograd.grad(loss, states)
    return {"windows": windows, "tokens": tokens, "width": width, "kv_width": kv_width,
            "taught_width": taught_width, "taught_kv_width": taught_kv_width, "heads": heads,
            "loss": float(loss.detach()), "gradients": [[float(v) for v in g.flatten()] for g in gradients]}


def write(name, value):
    value = {"made_by": f"make_fixtures.py with PyTorch {torch.__version__}", **value}
    (HERE / name).write_text(json.dumps(value, indent=1) + "\n")


write("bitlinear.json", bitlinear())
write("steps.json", {"runs": [
    train("llama", False, "silu", "adamw"),
    train("bitnet", False, "relu2", "adamw"),
    train("bitnet", True, "relu2", "adamw"),
    train("bitnet", True, "silu", "muon"),
    train("llama", False, "silu", "muon"),
]})
write("distillation.json", {
    "divergences": [divergence(3, 20, 1.0), divergence(3, 20, 2.5)],
    "relation": relation(2, 6, 32, 16, 24, 12, 4),
})
