#!/usr/bin/env python3
"""A poetry client in Python: one loop around a selector, as in lesson 3.

    python3 get_poetry.py 10000 127.0.0.1:10001
"""

import datetime
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field


@dataclass
class Task:
    """One poem and the connection that it comes from."""

    number: int  # from 1, in the order of the command line
    connection: socket.socket
    poem: bytearray = field(default_factory=bytearray)
    is_complete: bool = False

    def __post_init__(self):
        host, port = self.connection.getpeername()[:2]
        self.peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def say(line):
    print(line, flush=True)  # at once, also into a pipe


def complain(line):
    print(f"get_poetry.py: {line}", file=sys.stderr, flush=True)


def parse(word):
    """HOST:PORT, [IPV6]:PORT, or PORT alone for 127.0.0.1. Raises ValueError."""
    host, _, port = word.rpartition(":")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError
    host = host.strip("[]") or "127.0.0.1"
    host.encode("idna")  # raises a ValueError for a name that cannot be looked up, such as a..b
    return host, int(port)


def connect(words):
    """Simplified: each attempt blocks, so a server that does not answer delays the others."""
    for number, word in enumerate(words, start=1):
        try:
            connection = socket.create_connection(parse(word))
            connection.setblocking(False)
            yield Task(number, connection)
        except OSError as error:
            complain(f"Task {number}: failed to connect to {word}: {error.strerror}")


def do_read(task):
    """Reads what has arrived. Returns False after the end."""
    try:
        chunk = task.connection.recv(64 * 1024)
    except BlockingIOError:
        return True  # nothing has arrived yet: this is not the end
    except OSError as error:
        complain(f"Task {task.number}: connection to {task.peer} lost after {len(task.poem)} bytes: {error.strerror}")
        return False
    if not chunk:  # an orderly close: the poem is complete
        task.is_complete = True
        say(f"Task {task.number} finished")
        return False
    task.poem += chunk
    say(f"Task {task.number}: got {len(chunk)} bytes of poetry from {task.peer}")
    return True


def get_poetry(words):
    began = time.monotonic()
    tasks = list(connect(words))
    selector = selectors.DefaultSelector()
    for task in tasks:
        selector.register(task.connection, selectors.EVENT_READ, task)

    while selector.get_map():
        for key, _ in selector.select():
            if not do_read(key.data):
                selector.unregister(key.fileobj)
                key.fileobj.close()

    complete = [task for task in tasks if task.is_complete]
    for task in complete:
        say(f"Task {task.number}: {len(task.poem)} bytes of poetry")
    count = len(words) if len(complete) == len(words) else f"{len(complete)} of {len(words)}"
    took = datetime.datetime.min + datetime.timedelta(seconds=time.monotonic() - began)
    say(f"Got {count} poems in {took:%-H:%M:%S.%f}")
    return 0 if len(complete) == len(words) else 1


def main(words):
    try:
        for word in words:
            parse(word)
    except ValueError:
        complain(f"'{word}' is not an address; write PORT, HOST:PORT or [IPV6]:PORT")
        return 2
    if not words:
        complain("no address; write PORT, HOST:PORT or [IPV6]:PORT for each server")
        return 2
    return get_poetry(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
