# A libzmq peer that does what it is told, one command per line of standard
# input, and answers each with one line. It ends by itself after a minute.
import hashlib
import signal
import sys

import zmq

signal.alarm(60)
context = zmq.Context()
sockets = []


def run(words):
    command, args = words[0], words[1:]
    if command == "open":  # open pub|sub|xpub [OPTION=VALUE...]
        socket = context.socket({"pub": zmq.PUB, "sub": zmq.SUB, "xpub": zmq.XPUB, "rep": zmq.REP}[args[0]])
        socket.setsockopt(zmq.LINGER, 5000)
        if args[0] in ("pub", "xpub"):
            socket.setsockopt(zmq.SNDHWM, 0)
        for option in args[1:]:
            name, value = option.split("=")
            socket.setsockopt(getattr(zmq, name), int(value))
        sockets.append(socket)
        return str(len(sockets) - 1)
    if command == "quit":
        for socket in sockets:
            socket.close()
        context.term()
        return "bye"
    socket = sockets[int(args[0])]
    if command == "bind":
        socket.bind(args[1])
        return socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()
    if command == "connect":
        socket.connect(args[1])
        return "ok"
    if command == "subscribe":
        socket.setsockopt(zmq.SUBSCRIBE, args[1].encode() if len(args) > 1 else b"")
        return "ok"
    if command == "unsubscribe":
        socket.setsockopt(zmq.UNSUBSCRIBE, args[1].encode() if len(args) > 1 else b"")
        return "ok"
    if command == "awaitsub":  # xpub only: the next subscription or its end
        return socket.recv().hex()
    if command == "send":  # send N TOPIC COUNT BYTES: numbered bodies
        for i in range(int(args[2])):
            socket.send_multipart([args[1].encode(), b"%d " % i + b"x" * int(args[3])])
        return "ok"
    if command == "sendhex":  # send N HEX...: frames as they are, "-" is empty
        socket.send_multipart([b"" if frame == "-" else bytes.fromhex(frame) for frame in args[1:]])
        return "ok"
    if command == "receive":  # receive N COUNT: digest of what came
        digest, topics = hashlib.sha256(), set()
        for _ in range(int(args[1])):
            frames = socket.recv_multipart()
            topics.add(frames[0].decode())
            for frame in frames:
                digest.update(frame)
        return "%s %s" % (",".join(sorted(topics)), digest.hexdigest())
    if command == "poll":  # poll N MILLISECONDS
        return "ready" if socket.poll(int(args[1])) else "nothing"
    if command == "close":
        socket.close()
        return "ok"
    raise ValueError("unknown command " + command)


for line in sys.stdin:
    try:
        answer = run(line.split(" ") if line.endswith(" ") else line.split())
    except Exception as error:  # the test shows it
        answer = "error: %r" % error
    print(answer, flush=True)
    if answer == "bye":
        break
