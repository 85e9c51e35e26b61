"""A thread for each poem. That of the second poem ends with an exception."""
import socket
import sys
import threading


def get_poem(task, address):
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)))
    size = 0
    while data := sock.recv(1024):
        if task == 2 and size > 0:
            raise RuntimeError("no room for more of the second poem")
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}\n", end="", flush=True)
        size += len(data)
    print(f"Task {task}: {size} bytes of poetry\n", end="", flush=True)


for each in enumerate(sys.argv[1:], 1):
    threading.Thread(target=get_poem, args=each).start()
