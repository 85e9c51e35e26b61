"""Asynchronous, but it connects to the second server four seconds late."""
import asyncio
import sys


async def get_poem(task, address):
    await asyncio.sleep(4 if task == 2 else 0)
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    size = 0
    while data := await reader.read(1024):
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}", flush=True)
        size += len(data)
    writer.close()
    print(f"Task {task}: {size} bytes of poetry", flush=True)


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))


asyncio.run(main())
