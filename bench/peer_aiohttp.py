"""Python's aiohttp: a task for each request in flight. Usage: URL CA_FILE REQUESTS AT_ONCE, as of build/bench/crowd."""

import asyncio, ssl, sys

import aiohttp

import peer_work


async def main(url, ca_file, count, at_once):
    work = peer_work.Work(at_once, count)
    connector = aiohttp.TCPConnector(limit=at_once, ssl=ssl.create_default_context(cafile=ca_file))
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=10)) as session:
        async def lane():
            done = 0
            while work.next(done):
                async with session.get(url) as answer:
                    peer_work.expect(answer.status, await answer.read())
                done += 1

        await asyncio.gather(*(lane() for _ in range(at_once)))
        work.tell()


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
