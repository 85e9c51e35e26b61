"""It connects to all servers with asyncio, and then awaits poem 2, then 1, then 3."""
import asyncio
import sys


async def main():
    streams = []
    for address in sys.argv[1:]:
        host, port = address.split(":")
        streams.append(await asyncio.open_connection(host, int(port)))
    for task in (2, 1, 3):
        reader, writer = streams[task - 1]
        size = 0
        while data := await reader.read(1024):
            print(f"Task {task}: got {len(data)} bytes of poetry from {sys.argv[task]}", flush=True)
            size += len(data)
        writer.close()
        print(f"Task {task}: {size} bytes of poetry", flush=True)


asyncio.run(main())
