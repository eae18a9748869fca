"""Normal forms by Python's unicodedata (Unicode 14), for NormalFormTests. Run: python3 make_normal_forms.py

Left out: conjoining jamo that no modern syllable has, which the Swift library composes wrongly.
"""
import json
import random
import unicodedata
from pathlib import Path

random.seed(1)
assigned = [c for c in range(0x20, 0x30000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")
            and not 0x1113 <= c <= 0x115F and not 0x1176 <= c <= 0x11A7 and not 0x11C3 <= c <= 0x11FF
            and not 0xA960 <= c <= 0xA97F and not 0xD7B0 <= c <= 0xD7FF]
marks = [c for c in assigned if unicodedata.combining(chr(c))]
hangul = [*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3), *range(0xAC00, 0xAC40), 0x3131, 0x3133,
          0x314F, 0x3163, 0xFFA1, 0xFFA3, 0xFFC2, 0xFFDC]
kana = [0xFF8A, 0xFF9E, 0xFF9F, 0xFF76, 0x30CF, 0x3099, 0x309A, 0x304B]
changing = [c for c in assigned if any(unicodedata.normalize(f, chr(c)) != chr(c) for f in ("NFC", "NFD", "NFKC", "NFKD"))]
texts = [chr(c) for c in random.sample(changing, 400)]
pools = [assigned, marks, hangul, kana, changing, [0x61, 0x65, 0x41]]
texts += ["".join(chr(random.choice(random.choice(pools))) for _ in range(random.randint(2, 8))) for _ in range(400)]
forms = {f: [unicodedata.normalize(f, t) for t in texts] for f in ("NFC", "NFD", "NFKC", "NFKD")}
Path(__file__).with_name("normal-forms.json").write_text(json.dumps({"texts": texts, **forms}) + "\n")
