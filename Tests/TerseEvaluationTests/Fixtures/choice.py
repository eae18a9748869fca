"""Log-likelihoods of multiple-choice answers by llama.cpp, tokenised and scored as lm-evaluation-harness does.

Usage: python choice.py STORIES.gguf DATA > choice.json
STORIES.gguf is stories260K in f32 with its tokenizer, DATA the folder of the benchmarks. Needs llama-cpp-python.

For each item: context and continuation are encoded together and the context alone; what is left of the whole after as
many tokens as the context has is scored (lm_eval/api/model.py, `_encode_pair`). Prompts are those of the tasks
hellaswag, piqa and arc_easy.
"""
import bz2, json, re, sys
import numpy as np
from llama_cpp import Llama

COUNT = 8
model = Llama(sys.argv[1], n_ctx=512, logits_all=True, verbose=False, n_threads=2, type_k=0, type_v=0)
data = sys.argv[2]

def encode(text):
    return model.tokenize(text.encode(), add_bos=True, special=False)

def log_likelihood(context, continuation):
    spaces = len(context) - len(context.rstrip())
    if spaces:
        continuation, context = context[-spaces:] + continuation, context[:-spaces]
    whole, head = encode(context + continuation), encode(context)
    model.reset()
    model.eval(whole)
    logits = model.scores[:len(whole)].astype(np.float64)
    logits -= logits.max(-1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    return float(sum(logits[i - 1, whole[i]] for i in range(len(head), len(whole))))

def hellaswag():
    lines = bz2.open(f"{data}/hellaswag_val_full.txt.bz2", "rt").read().split("\n")
    for i in range(0, 6 * COUNT, 6):
        yield lines[i], lines[i + 2:i + 6], int(lines[i + 1])

def piqa():
    labels = open(f"{data}/piqa_valid-labels.lst").read().split()
    for line, label in list(zip(open(f"{data}/piqa_valid.jsonl"), labels))[:COUNT]:
        item = json.loads(line)
        yield f"Question: {item['goal']}\nAnswer:", [item["sol1"], item["sol2"]], int(label)

def arc():
    for item in json.load(open(f"{data}/llm-adapters_ARC-Easy.test.json"))[:COUNT]:
        question, answers, _ = item["instruction"].split("\n\n")
        question = question.split("question: ", 1)[1]
        yield (f"Question: {question}\nAnswer:", [a.strip() for a in re.split(r"Answer\d: ", answers)[1:]],
               int(item["answer"][len("answer"):]) - 1)

result = {}
for task in (hellaswag, piqa, arc):
    items = []
    for context, choices, answer in task():
        sums = [log_likelihood(context, " " + choice) for choice in choices]
        normalized = [s / len(c) for s, c in zip(sums, choices)]
        items.append(dict(answer=answer, sums=[round(s, 4) for s in sums], right=int(np.argmax(sums)) == answer,
                          right_normalized=int(np.argmax(normalized)) == answer))
    result[task.__name__] = items
json.dump(dict(made_by="choice.py with llama-cpp-python 0.3.36 on stories260K in f32", **result), sys.stdout, indent=1)
