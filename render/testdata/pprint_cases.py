#!/usr/bin/env python3
"""Writes pprint_cases.jsonl: JSON texts, and what CPython's pprint makes of them.

    python3 pprint_cases.py 50 > pprint_cases.jsonl

Each line has "wire" (a JSON text), "width", "pretty" (pprint.pformat) and "repr".
The characters are those that Python and our sanitiser agree to show.
"""
import json
import pprint
import random
import sys

random.seed(20261123)

WORDS = ["kernel", "update", "rebuilt for the mass rebuild", "it's", 'say "hi"', "both ' and \"",
         "tab\there", "line\nbreak", "cr\r\nlf", "back\\slash", "caf\u00e9", "\u65e5\u672c\u8a9e", "\x1b[31m", "\u202e",
         "nbsp\u00a0", "a" * 50, "x  y   z", " lead", "trail ", "\u0085", "\U000e0041", "\ud800", ""]


def text():
    return " ".join(random.choice(WORDS) for _ in range(random.choice([1, 1, 1, 2, 5, 20])))


def value(depth):
    kind = random.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return random.choice([0, 1, -5, 12345678901234567890, 1795437003])
    if kind == 1:
        return random.choice([0.5, 1e22, 1e-7, 100000.0, -0.0, float("inf"), float("nan")])
    if kind == 2:
        return random.choice([True, False, None])
    if kind < 6:
        return text()
    if kind == 6:
        return [value(depth + 1) for _ in range(random.randrange(6))]
    return {text() if random.random() < 0.3 else random.choice(WORDS[:4]) + str(i): value(depth + 1)
            for i in range(random.randrange(7))}


def main():
    for _ in range(int(sys.argv[1])):
        wire = json.dumps(value(0), ensure_ascii=random.random() < 0.5)
        try:
            wire.encode()
        except UnicodeEncodeError:  # a lone surrogate cannot stand in UTF-8
            wire = json.dumps(json.loads(wire))
        got = json.loads(wire)
        width = random.choice([80, 80, 80, 40, 20])
        print(json.dumps({"wire": wire, "width": width, "pretty": pprint.pformat(got, width=width), "repr": repr(got)}))


main()
