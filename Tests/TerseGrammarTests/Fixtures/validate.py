"""Validates texts against their schemas with the `jsonschema` package.

Reads lines of {"schema": …, "texts": [TEXT…]} from the file that is named, prints what does not parse or validate, and last
the number of texts that do. Formats are asserted as far as the packages that jsonschema looks for are installed.
"""

import json
import sys

import jsonschema

Validator = jsonschema.Draft202012Validator
formats = getattr(Validator, "FORMAT_CHECKER", None) or jsonschema.FormatChecker()


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


good = 0
with open(sys.argv[1], encoding="utf-8") as lines:
    for number, line in enumerate(lines):
        entry = json.loads(line)
        Validator.check_schema(entry["schema"])
        validator = Validator(entry["schema"], format_checker=formats)
        for text in entry["texts"]:
            try:
                value = json.loads(text, parse_constant=refuse_constant)
                validator.validate(value)
                good += 1
            except Exception as error:
                reason = getattr(error, "message", None) or str(error)
                print(f"schema {number}: {text[:300]!r}: {reason[:300]}: {json.dumps(entry['schema'])[:1500]}")
print(good)
