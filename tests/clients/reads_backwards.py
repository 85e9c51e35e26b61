"""It connects to all servers, and then reads poem 3, then 2, then 1."""
import socket
import sys

socks = []
for address in sys.argv[1:]:
    host, port = address.split(":")
    socks.append(socket.create_connection((host, int(port))))

for task, sock in reversed(list(enumerate(socks, 1))):
    size = 0
    while data := sock.recv(1024):
        print(f"Task {task}: got {len(data)} bytes of poetry from {sys.argv[task]}", flush=True)
        size += len(data)
    print(f"Task {task}: {size} bytes of poetry", flush=True)
