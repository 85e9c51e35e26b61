"""Right: one loop that reads a byte of each server that has sent something."""
import selectors
import socket
import sys

selector = selectors.DefaultSelector()
sizes = {}
for task, address in enumerate(sys.argv[1:], 1):
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)))
    selector.register(sock, selectors.EVENT_READ, (task, address))
    sizes[task] = 0

while selector.get_map():
    for key, _ in selector.select():
        task, address = key.data
        if key.fileobj.recv(1):
            sizes[task] += 1
            print(f"Task {task}: got 1 byte of poetry from {address}", flush=True)
        else:
            selector.unregister(key.fileobj)
            key.fileobj.close()
            print(f"Task {task}: {sizes[task]} bytes of poetry", flush=True)
