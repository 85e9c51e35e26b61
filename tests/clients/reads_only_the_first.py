"""It connects to all servers, and reads only from the first."""
import socket
import sys

socks = []
for address in sys.argv[1:]:
    host, port = address.split(":")
    socks.append(socket.create_connection((host, int(port))))

size = 0
while data := socks[0].recv(1024):
    print(f"Task 1: got {len(data)} bytes of poetry from {sys.argv[1]}", flush=True)
    size += len(data)
print(f"Task 1: {size} bytes of poetry", flush=True)
