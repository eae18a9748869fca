"""Makes this folder's fixtures with the libraries that the file formats come from.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3
    python make_fixtures.py $TERSE_TEST_DATA/text

Small vocabularies are trained on public-domain text with Hugging Face's `tokenizers` and Google's `sentencepiece`;
the expected ids and texts are what these libraries say.
"""
import io
import json
import random
import sys

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

random.seed(7)
TEXT = sys.argv[1]
CORPUS = open(TEXT + "/tinyshakespeare.txt").read()[:300_000] + open(TEXT + "/wikitext2_valid.txt").read()[:300_000]

ATOMS = (
    list(" \t\n\r.,;:!?'\"()[]{}<>/\\|@#$%^&*-_=+~`09aAzZ…—“”«»。，、！？（）％￥€™±")
    + ["  ", "   ", "\r\n", "\n\n", " \n", "\u00a0", "\u3000", "\u2003", "\u0085", "\u2028", "\x0b", "\x0c"]
    + "the The hello World iPhone don't I'M you'Re we'LL they've it's O'Neill naïve résumé Über straße Привет Ελλάδα"
      " שלום مرحبا नमस्ते สวัสดี 你好 世界 日本語 ひらがな カタカナ 한국어 İstanbul ﬁne ǅ Ⅷ x² ½ ٣٤ १२३ 1234567890"
      " 3.14159 snake_case camelCase 😀 👨‍👩‍👧‍👦 🇩🇪 ❤️ e\u0301 a\u0308 'S 't 'RE 'ſ".split()
    + ["def f(x):\n    return x\n", "for (i=0;i<10;++i) {\n\t", "</s>", "<0x0A>", "\u200d", "\ufeff", "\u0301", "\ufffd"]
)


def texts(count):
    result = ["", " ", "  ", "\n", "a", " a", "a ", "a  b", " \n a", "'s", "12345678", "\u2581", "é", "e\u0301"]
    while len(result) < count:
        text = ""
        for _ in range(random.randint(1, 16)):
            text += random.choice(ATOMS) + (" " if random.random() < 0.4 else "")
        result.append(text)
    start = random.randrange(len(CORPUS) - 600)
    return result + [CORPUS[start : start + 600]]


LINES = (CORPUS + "\n" + "\n".join(texts(3000))).split("\n")

split = lambda regex, behavior="isolated", invert=False: pre_tokenizers.Split(Regex(regex), behavior, invert=invert)
digits = pre_tokenizers.Digits(individual_digits=True)
byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
sequence = pre_tokenizers.Sequence
SPACES = r"|\s+(?!\S)|\s+"
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+" + SPACES
)
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CASED = lambda suffix, count: (
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{suffix}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{suffix}|\p{{N}}{count}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+" + SPACES
)
DEEPSEEK_V3 = (
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+" + SPACES
)
# The names are those of `tokenizer.ggml.pre`, the expressions those of the models' tokenizer.json.
PRE_TOKENIZERS = {
    "gpt-2": gpt2,
    "llama-bpe": sequence([split(LLAMA3), byte_level]),
    "qwen2": sequence([split(LLAMA3.replace("{1,3}", "")), byte_level]),
    "starcoder": sequence([digits, gpt2]),
    "command-r": sequence([digits, gpt2]),
    "falcon": sequence([pre_tokenizers.Punctuation("contiguous"), gpt2, split("[0-9][0-9][0-9]")]),
    "deepseek-coder": sequence(
        [split("[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split("[一-龥ࠀ-一가-퟿]+"), digits, byte_level]
    ),
    "deepseek-v3": sequence([split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK_V3), byte_level]),
    "gpt-4o": sequence([split(CASED("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "{1,3}"), "removed", True), byte_level]),
    "tekken": sequence([split(CASED("", "")), byte_level]),
    "bloom": sequence([split(r" ?[^(\s|[.,!?…。，、।۔،])]+"), byte_level]),
}


def expected(tokenizer, inputs, special=False):
    if not special:  # Text never spells a control token there; Unigram in `tokenizers` lets it.
        inputs = [text.replace("</s>", "s").replace("<unk>", "unk") for text in inputs]
    tokenizer.encode_special_tokens = not special
    ids = [tokenizer.encode(text, add_special_tokens=special).ids for text in inputs]
    tokenizer.encode_special_tokens = False
    return {
        "texts": inputs, "special": special, "ids": ids,
        "decoded": [tokenizer.decode(i, skip_special_tokens=True) for i in ids],
    }


def write(name, value):
    json.dump(value, open(name, "w"), ensure_ascii=False, separators=(",", ":"))


def byte_pair():
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = gpt2
    trainer = trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|end|>"],
        show_progress=False,
    )
    trained.train_from_iterator(LINES, trainer)
    trained.decoder = decoders.ByteLevel()
    trained.save("bpe.json")
    cases = []
    for name, pre_tokenizer in PRE_TOKENIZERS.items():
        trained.pre_tokenizer = pre_tokenizer
        entry = json.loads(trained.to_str())["pre_tokenizer"]
        cases.append({"name": name, "pre_tokenizer": json.dumps(entry, ensure_ascii=False), **expected(trained, texts(70))})
    write("bpe-vectors.json", cases)


def added(tokenizer):
    tokenizer.add_special_tokens([AddedToken("<X1>", lstrip=True), AddedToken("<X2>", rstrip=True)])
    tokenizer.add_tokens(
        [AddedToken("qqx", single_word=True), AddedToken("Foo Bar", normalized=True), AddedToken("zz", normalized=False)]
    )
    return tokenizer


def sprinkled(count):
    parts = ["<X1>", "<X2>", " <X1> ", " <X2>\u3000", "qqx", "qqx ", "Foo Bar", "foo bar", "zz"]
    result = []
    for text in texts(count):
        for _ in range(random.randint(0, 2)):
            place = random.randint(0, len(text))
            text = text[:place] + random.choice(parts) + text[place:]
        result.append(text)
    return result


def hugging_face():
    files = {}
    unigram = Tokenizer(models.Unigram())
    unigram.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " "), normalizers.Strip()]
    )
    unigram.pre_tokenizer = sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    unigram.decoder = decoders.Metaspace()
    unigram.train_from_iterator(
        [line[:200] for line in CORPUS.split("\n")],
        trainers.UnigramTrainer(
            vocab_size=500, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False
        ),
    )
    unigram.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    files["unigram"] = added(unigram)

    word_piece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    word_piece.normalizer = normalizers.BertNormalizer()
    word_piece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    word_piece.decoder = decoders.WordPiece()
    word_piece.train_from_iterator(
        LINES, trainers.WordPieceTrainer(vocab_size=1000, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False)
    )
    word_piece.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    files["wordpiece"] = added(word_piece)

    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    characters = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    characters.pre_tokenizer = pre_tokenizers.Metaspace()
    characters.train_from_iterator(
        CORPUS.split("\n"), trainers.BpeTrainer(vocab_size=700, special_tokens=special, show_progress=False)
    )
    document = json.loads(characters.to_str())
    document["added_tokens"] = document["added_tokens"][:3]
    document["pre_tokenizer"] = None
    characters = Tokenizer.from_str(json.dumps(document))
    characters.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    characters.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    characters.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    files["characters"] = added(characters)

    vectors = []
    for name, tokenizer in files.items():
        tokenizer.save(name + ".json")
        for is_special in (False, True):
            vectors.append({"name": name, **expected(tokenizer, sprinkled(70), is_special)})
    write("json-vectors.json", vectors)


def sentence_piece():
    vectors = []
    rules = "rules.tsv"
    with open(rules, "w") as file:  # A small character map: ligatures, wide forms, a deletion, a longer match.
        for source, target in [("ﬁ", "fi"), ("Ａ", "A"), ("\u3000", " "), ("\u00a0", " "), ("\u200d", ""), ("e\u0301", "é"), ("…", "...")]:
            file.write(" ".join(f"{ord(c):X}" for c in source) + "\t" + " ".join(f"{ord(c):X}" for c in target) + "\n")
    kinds = {
        "sp-bpe": dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
                       remove_extra_whitespaces=False, character_coverage=0.98, vocab_size=700),
        "sp-bpe-defined": dict(model_type="bpe", byte_fallback=True, normalization_rule_tsv=rules,
                               user_defined_symbols=["zz", "qqx"], character_coverage=0.98, vocab_size=700),
        "sp-unigram": dict(model_type="unigram", normalization_rule_tsv=rules, character_coverage=0.98, vocab_size=500),
        "sp-unigram-bytes": dict(model_type="unigram", byte_fallback=True, normalization_rule_tsv=rules,
                                 character_coverage=0.98, vocab_size=700),
    }
    for name, options in kinds.items():
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([line for line in CORPUS.split("\n") if line.strip()]), model_writer=model,
            hard_vocab_limit=False, minloglevel=2, **options,
        )
        open(name + ".model", "wb").write(model.getvalue())
        processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        inputs = [text for text in sprinkled(90) if "\0" not in text]
        ids = [processor.encode(text) for text in inputs]
        decoded = [processor.decode(i) for i in ids] if options.get("byte_fallback") else []
        vectors.append({"name": name, "texts": inputs, "special": False, "ids": ids, "decoded": decoded})
    write("sp-vectors.json", vectors)
    import os
    os.remove(rules)


byte_pair()
hugging_face()
sentence_piece()
