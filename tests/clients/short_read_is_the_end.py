"""It treats a chunk that is shorter than its buffer as the end of the poem."""
import socket
import sys
import threading


def get_poem(task, address):
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)))
    data = sock.recv(1024)
    print(f"Task {task}: got {len(data)} bytes of poetry from {address}\n", end="", flush=True)
    if len(data) < 1024:
        print(f"Task {task}: {len(data)} bytes of poetry\n", end="", flush=True)


for each in enumerate(sys.argv[1:], 1):
    threading.Thread(target=get_poem, args=each).start()
