"""Logits of llama.cpp through llama-cpp-python, position by position: the peer that Terse is compared with.

    llamacpp.py MODEL.gguf --tokens "1 2 3" --output FILE [--flash] [--kv f16|f32] [--batch N]
"""
import argparse
import ctypes
import os

import numpy as np


def _load():
    import llama_cpp
    if not getattr(_load, "ready", False):
        keep = llama_cpp.llama_log_callback(lambda level, text, data: None)
        _load.callback = keep
        if not os.environ.get("LLAMA_LOG"):
            llama_cpp.llama_log_set(keep, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        _load.ready = True
    return llama_cpp


def logits(path, tokens, flash=False, kv="f16", batch=512, threads=2, context=None):
    """float32 [tokens, vocabulary]."""
    api = _load()
    options = api.llama_model_default_params()
    options.n_gpu_layers = 0
    model = api.llama_model_load_from_file(str(path).encode(), options)
    if not model:
        raise RuntimeError(f"llama.cpp does not load {path}")
    settings = api.llama_context_default_params()
    settings.n_ctx = context or max(256, -(-len(tokens) // 256) * 256)
    settings.n_batch = settings.n_ubatch = batch
    settings.n_threads = settings.n_threads_batch = threads
    settings.flash_attn_type = 1 if flash else 0
    settings.type_k = settings.type_v = {"f16": 1, "f32": 0}[kv]
    handle = api.llama_init_from_model(model, settings)
    vocabulary = api.llama_vocab_n_tokens(api.llama_model_get_vocab(model))
    out = np.empty((len(tokens), vocabulary), np.float32)
    for start in range(0, len(tokens), batch):
        part = tokens[start : start + batch]
        entries = api.llama_batch_init(len(part), 0, 1)
        entries.n_tokens = len(part)
        for i, token in enumerate(part):
            entries.token[i], entries.pos[i] = int(token), start + i
            entries.n_seq_id[i], entries.seq_id[i][0], entries.logits[i] = 1, 0, 1
        if api.llama_decode(handle, entries) != 0:
            raise RuntimeError("llama_decode failed")
        for i in range(len(part)):
            row = api.llama_get_logits_ith(handle, i)
            out[start + i] = np.ctypeslib.as_array(row, (vocabulary,))
        api.llama_batch_free(entries)
    api.llama_free(handle)
    api.llama_model_free(model)
    return out


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("model")
    arguments.add_argument("--tokens", required=True)
    arguments.add_argument("--output", required=True)
    arguments.add_argument("--flash", action="store_true")
    arguments.add_argument("--kv", default="f16")
    arguments.add_argument("--batch", type=int, default=512)
    given = arguments.parse_args()
    logits(given.model, [int(t) for t in given.tokens.split()], given.flash, given.kv, given.batch).tofile(given.output)
