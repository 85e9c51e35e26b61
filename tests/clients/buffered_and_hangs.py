"""Its output is buffered, and it does not exit, so nothing arrives."""
import asyncio
import sys


async def get_poem(task, address):
    host, port = address.split(":")
    reader, _ = await asyncio.open_connection(host, int(port))
    size = 0
    while data := await reader.read(1024):
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}")
        size += len(data)
    print(f"Task {task}: {size} bytes of poetry")


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))
    await asyncio.Event().wait()


asyncio.run(main())
