"""It decodes each chunk, and leaves out the letters that a chunk has cut."""
import asyncio
import sys


async def get_poem(task, address):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    poem = ""
    while data := await reader.read(1024):
        text = data.decode(errors="ignore")
        print(f"Task {task}: got {len(text)} bytes of poetry from {address}", flush=True)
        poem += text
    writer.close()
    print(f"Task {task}: {len(poem)} bytes of poetry", flush=True)


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))


asyncio.run(main())
