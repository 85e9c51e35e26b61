"""It ends each poem with an error when a second chunk comes."""
import asyncio
import sys


async def get_poem(task, address):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    size = 0
    while data := await reader.read(1024):
        if size > 0:
            print(f"mine: Task {task}: connection to {address} lost after {size} bytes: no room for poems", file=sys.stderr)
            break
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}", flush=True)
        size += len(data)
    writer.close()


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))


asyncio.run(main())
