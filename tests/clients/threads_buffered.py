"""Right, but its lines stay in the buffer of its standard output until it ends."""
import socket
import sys
import threading


def get_poem(task, address):
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)))
    size = 0
    while data := sock.recv(1024):
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}\n", end="")
        size += len(data)
    print(f"Task {task}: {size} bytes of poetry\n", end="")


threads = [threading.Thread(target=get_poem, args=each) for each in enumerate(sys.argv[1:], 1)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()  # else Python writes the buffer when it reaches the end of this file
