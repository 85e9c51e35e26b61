"""Asynchronous, but it reports only the ends of the poems."""
import asyncio
import sys


async def get_poem(task, address):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    await reader.read()
    writer.close()
    print(f"Task {task} finished", flush=True)


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))


asyncio.run(main())
