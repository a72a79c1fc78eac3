#!/usr/bin/env python3
"""viewers.py PORT COUNT PATH: so many viewers of a sweep, for what they cost a coordinator.

PATH leads to a stream of events and has {} for the sweep. Reads the sweep's id from standard input, then looks until
there is another line; prints how many events and bytes all of them together were told.
"""

import selectors
import socket
import sys


def main(port, count, path):
    path = path.format(sys.stdin.readline().strip())
    waiting, events, size = selectors.DefaultSelector(), 0, 0
    for _ in range(count):
        viewer = socket.create_connection(("127.0.0.1", port))
        viewer.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        waiting.register(viewer, selectors.EVENT_READ)
    waiting.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is sys.stdin:
                print(events, size)
                return 0
            data = key.fileobj.recv(65536)
            if not data:
                print("a viewer was sent away", file=sys.stderr)
                return 1
            events, size = events + data.count(b"id: "), size + len(data)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
