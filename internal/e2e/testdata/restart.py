"""Publish a message every 20 ms on PORT (0: any), until standard input ends."""
import sys
import threading
import time

import zmq

context = zmq.Context()
socket = context.socket(zmq.PUB)
socket.setsockopt(zmq.LINGER, 0)
if sys.argv[1] == "0":
    port = socket.bind_to_random_port("tcp://127.0.0.1")
else:
    port = int(sys.argv[1])
    for _ in range(200):
        try:
            socket.bind("tcp://127.0.0.1:%d" % port)
            break
        except zmq.ZMQError:
            time.sleep(0.05)
print("tcp://127.0.0.1:%d" % port, flush=True)
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
i = 0
while not ended.wait(0.02) and i < 100000:
    i += 1
    body = b'{"i":%d,"msg":{"agent":"restart.py"},"topic":"org.example.dev.restart.tick"}' % i
    socket.send_multipart([b"org.example.dev.restart.tick", body])
