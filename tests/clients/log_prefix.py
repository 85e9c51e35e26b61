"""It writes its lines with a logger, which puts something in front of each."""
import logging
import select
import socket
import sys

logging.basicConfig(level=logging.INFO, stream=sys.stdout)
tasks, poems = {}, {}
for task, address in enumerate(sys.argv[1:], 1):
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)))
    tasks[sock] = task, address
    poems[task] = b""

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
        logging.info("Task %d: got %d bytes of poetry from %s", task, len(data), address)

logging.info("Got %d poems", len(poems))
