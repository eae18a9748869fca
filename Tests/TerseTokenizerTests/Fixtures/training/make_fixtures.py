"""Merges that Hugging Face's tokenizers 0.23.3 learns from excerpt.txt, for BytePairTrainerTests.

excerpt.txt is from Jane Austen's Emma (1815, public domain). Run: python make_fixtures.py
"""
import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = Path(__file__).parent
LLAMA = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
         r"|\s+(?!\S)|\s+")


def train(name, pre_tokenizer, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([(HERE / "excerpt.txt").read_text(encoding="utf-8")], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    by_id = sorted(model["vocab"], key=model["vocab"].get)
    (HERE / f"{name}.json").write_text(json.dumps(
        {"tokens": by_id, "merges": [" ".join(m) for m in model["merges"]]}, ensure_ascii=False, indent=0) + "\n",
        encoding="utf-8")


train("gpt-2", pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True), 1500)
train("llama-bpe", pre_tokenizers.Sequence([
    pre_tokenizers.Split(Regex(LLAMA), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
]), 900)
