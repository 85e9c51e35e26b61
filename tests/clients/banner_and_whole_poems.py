"""Asynchronous, but it prints a banner, and each poem only when it is complete."""
import asyncio
import sys


async def get_poem(task, address):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    poem = await reader.read()
    writer.close()
    print(f"Task {task}: {len(poem)} bytes of poetry", flush=True)


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))


print("Poetry client 1.0", flush=True)
asyncio.run(main())
