"""One select loop, but it prints a banner, and begins seven seconds after it has connected."""
import select
import socket
import sys
import time

tasks, poems = {}, {}
for task, address in enumerate(sys.argv[1:], 1):
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)))
    tasks[sock] = task, address
    poems[task] = b""

print("Poetry client 1.0", flush=True)
time.sleep(7)
while tasks:
    ready, _, _ = select.select(list(tasks), [], [])
    for sock in ready:
        data = sock.recv(1024)
        task, address = tasks[sock]
        if not data:
            del tasks[sock]
            sock.close()
            continue
        poems[task] += data
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}", flush=True)

for task, poem in poems.items():
    print(f"Task {task}: {len(poem)} bytes of poetry")
