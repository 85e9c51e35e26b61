"""An error in its code ends each poem at the first chunk, and it calls that the end."""
import asyncio
import sys


async def get_poem(task, address):
    try:
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        size = 0
        while data := await reader.read(1024):
            size += len(data.missing)
    except AttributeError:
        pass
    finally:
        print(f"Task {task} finished", flush=True)


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))


asyncio.run(main())
