"""Right: asyncio. It first tries whether each server is there, and then connects again."""
import asyncio
import socket
import sys


async def get_poem(task, address):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    size = 0
    while data := await reader.read(1024):
        size += len(data)
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}", flush=True)
    writer.close()
    print(f"Task {task}: {size} bytes of poetry", flush=True)


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))


for address in sys.argv[1:]:
    host, port = address.split(":")
    socket.create_connection((host, int(port))).close()
asyncio.run(main())
