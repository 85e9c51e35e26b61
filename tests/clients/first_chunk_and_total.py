"""Threads, but each prints only its first chunk, and the total."""
import socket
import sys
import threading


def get_poem(task, address):
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)))
    size = 0
    while data := sock.recv(1024):
        if size == 0:
            print(f"Task {task}: got {len(data)} bytes of poetry from {address}\n", end="", flush=True)
        size += len(data)
    print(f"Task {task}: {size} bytes of poetry\n", end="", flush=True)


for each in enumerate(sys.argv[1:], 1):
    threading.Thread(target=get_poem, args=each).start()
