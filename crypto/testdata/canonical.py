"""Answers, for one JSON text after another, what CPython's json module makes of it.

A question is four bytes of length, most significant first, and the text. An
answer is a letter, four bytes of length, and the canonical text: "y" for a text
that was read, "n" for one that was rejected, "r" for one that this interpreter
is not able to look at because of the depth of its own stack.
"""
import json
import struct
import sys


def answer(text):
    try:
        value = json.loads(text.decode('utf-8'))
        return b'y', json.dumps(value, sort_keys=True, separators=(',', ':')).encode('ascii')
    except RecursionError:
        return b'r', b''
    except ValueError:  # not UTF-8, not JSON, or an integer with too many digits
        return b'n', b''


while True:
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        break
    length, = struct.unpack('>I', head)
    letter, canonical = answer(sys.stdin.buffer.read(length))
    sys.stdout.buffer.write(letter + struct.pack('>I', len(canonical)) + canonical)
    sys.stdout.buffer.flush()
