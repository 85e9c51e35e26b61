"""It asks for one poem after the other, and prints without flushing, as most first attempts do."""
import socket
import sys

for task, address in enumerate(sys.argv[1:], 1):
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)))
    poem = b""
    while data := sock.recv(1024):
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}")
        poem += data
    print(f"Task {task}: {len(poem)} bytes of poetry")
