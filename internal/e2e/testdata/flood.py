"""Publish COUNT messages of SIZE bytes on a bound socket, as fast as libzmq can.

Prints the address, waits for the first subscription, sends, prints "sent", and
stays until its standard input ends, so that everything is delivered.
"""
import sys

import zmq

count, size = int(sys.argv[1]), int(sys.argv[2])
context = zmq.Context()
socket = context.socket(zmq.XPUB)
socket.setsockopt(zmq.SNDHWM, 0)
port = socket.bind_to_random_port("tcp://127.0.0.1")
print("tcp://127.0.0.1:%d" % port, flush=True)
if not socket.poll(20000):
    sys.exit("nobody subscribed")
socket.recv()
topic = b"org.fedoraproject.prod.flood.message"
head = b'{"i":%d,"msg":{"text":"'
tail = b'"},"msg_id":"2026-00000000-0000-4000-8000-%012d","timestamp":1795437003,"topic":"org.fedoraproject.prod.flood.message","username":"flood"}'
filler = b"x" * max(0, size - len(head % 0) - len(tail % 0))
for i in range(count):
    socket.send_multipart([topic, (head % i) + filler + (tail % i)], copy=True)
print("sent", flush=True)
sys.stdin.read()
