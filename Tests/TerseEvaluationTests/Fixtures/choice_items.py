"""The first items of three benchmarks in the forms that they are published in.

Usage: python choice_items.py DATA, in this folder. DATA holds HellaSwag's validation set (Zellers et al. 2019, MIT) as
llama.cpp's six lines an item, PIQA's (Bisk et al. 2020, AFL-3.0) with its labels, and ARC-Easy's test set (Clark et al.
2018, CC BY-SA 4.0) in the instruction form of LLM-Adapters. Writes hellaswag.txt, piqa.jsonl, piqa-labels.lst, arc.json.
"""
import bz2, itertools, json, sys

COUNT = 8
data = sys.argv[1]

def copy(source, target, lines):
    opener = bz2.open if source.endswith(".bz2") else open
    with opener(f"{data}/{source}", "rt") as reader, open(target, "w") as writer:
        writer.writelines(itertools.islice(reader, lines))

copy("hellaswag_val_full.txt.bz2", "hellaswag.txt", 6 * COUNT)
copy("piqa_valid.jsonl", "piqa.jsonl", COUNT)
copy("piqa_valid-labels.lst", "piqa-labels.lst", COUNT)
with open(f"{data}/llm-adapters_ARC-Easy.test.json") as reader, open("arc.json", "w") as writer:
    json.dump(json.load(reader)[:COUNT], writer, indent=1, ensure_ascii=False)
    writer.write("\n")
