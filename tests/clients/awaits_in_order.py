"""It uses asyncio, and still awaits one poem after the other."""
import asyncio
import sys


async def read(task, address, reader):
    size = 0
    while data := await reader.read(1024):
        print(f"Task {task}: got {len(data)} bytes of poetry from {address}", flush=True)
        size += len(data)
    print(f"Task {task}: {size} bytes of poetry", flush=True)


async def main():
    connections = []
    for address in sys.argv[1:]:
        host, port = address.split(":")
        connections.append(await asyncio.open_connection(host, int(port)))
    for task, (reader, _) in enumerate(connections, 1):
        await read(task, sys.argv[task], reader)


asyncio.run(main())
