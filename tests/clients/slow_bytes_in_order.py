"""It reads one poem after the other, a byte each two milliseconds."""
import socket
import sys
import time

socks = []
for address in sys.argv[1:]:
    host, port = address.split(":")
    socks.append(socket.create_connection((host, int(port))))

for task, sock in enumerate(socks, 1):
    size = 0
    while sock.recv(1):
        print(f"Task {task}: got 1 byte of poetry from {sys.argv[task]}", flush=True)
        size += 1
        time.sleep(0.002)
    print(f"Task {task}: {size} bytes of poetry", flush=True)
