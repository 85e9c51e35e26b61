"""A thread for each poem. Each asks its socket again and again, and never sleeps."""
import socket
import sys
import threading


def get_poem(task, address):
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)))
    sock.setblocking(False)
    size = 0
    while True:
        try:
            data = sock.recv(1024)
        except BlockingIOError:
            continue
        if not data:
            break
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}\n", end="", flush=True)
        size += len(data)
    print(f"Task {task}: {size} bytes of poetry\n", end="", flush=True)


for each in enumerate(sys.argv[1:], 1):
    threading.Thread(target=get_poem, args=each).start()
