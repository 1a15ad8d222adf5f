"""Publish messages that are no messages, and an honest one after each.

Prints the address, waits for a subscription, sends, and stays until standard
input ends.
"""
import sys

import zmq

context = zmq.Context()
socket = context.socket(zmq.XPUB)
port = socket.bind_to_random_port("tcp://127.0.0.1")
print("tcp://127.0.0.1:%d" % port, flush=True)
if not socket.poll(20000):
    sys.exit("nobody subscribed")
socket.recv()
topic = b"org.example.dev.odd"
odd = [
    [topic],
    [topic, b"{}", b"one too many"],
    [b"", b""],
    [topic, b'{"msg":"\xff\xfe"}'],
    [b"org.\xff", b"{}"],
    [topic, b'{"msg":' + b"[" * 100000],
    [topic, b"not JSON"],
    [topic, b"[]"],
]
for i, frames in enumerate(odd):
    socket.send_multipart(frames)
    socket.send_multipart([topic, b'{"i":%d,"msg":{},"topic":"org.example.dev.odd"}' % i])
print("sent %d" % len(odd), flush=True)
sys.stdin.read()
