"""Asynchronous, but it reports only when 16 bytes have come."""
import asyncio
import sys


async def get_poem(task, address):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    size = 0
    while not reader.at_eof():
        try:
            data = await reader.readexactly(16)
        except asyncio.IncompleteReadError as error:
            data = error.partial
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}", flush=True)
        size += len(data)
    writer.close()
    print(f"Task {task}: {size} bytes of poetry", flush=True)


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))


asyncio.run(main())
