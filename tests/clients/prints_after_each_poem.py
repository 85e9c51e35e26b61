"""It awaits one poem after the other, and prints the chunks of each when it is complete."""
import asyncio
import sys


async def main():
    streams = []
    for address in sys.argv[1:]:
        host, port = address.split(":")
        streams.append(await asyncio.open_connection(host, int(port)))
    for task, (reader, writer) in enumerate(streams, 1):
        chunks = []
        while data := await reader.read(1024):
            chunks.append(len(data))
        writer.close()
        for size in chunks:
            print(f"Task {task}: got {size} bytes of poetry from {sys.argv[task]}", flush=True)
        print(f"Task {task}: {sum(chunks)} bytes of poetry", flush=True)


asyncio.run(main())
