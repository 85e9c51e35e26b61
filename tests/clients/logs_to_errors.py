"""It reports with the module logging, which writes to standard error."""
import asyncio
import logging
import sys

logging.basicConfig(level=logging.INFO)


async def get_poem(task, address):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    size = 0
    while data := await reader.read(1024):
        logging.info("Task %d: got %d bytes of poetry from %s", task, len(data), address)
        size += len(data)
    writer.close()
    logging.info("Task %d: %d bytes of poetry", task, size)


async def main():
    await asyncio.gather(*(get_poem(*each) for each in enumerate(sys.argv[1:], 1)))


asyncio.run(main())
