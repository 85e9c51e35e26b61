"""Right, but it has work to do when a poem is complete."""
import asyncio
import sys


async def get_poem(task, address):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    size = 0
    while data := await reader.read(1024):
        size += len(data)
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}", flush=True)
    writer.close()
    sum(number * number for number in range(2000000))
    print(f"Task {task}: {size} bytes of poetry", flush=True)


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))


asyncio.run(main())
