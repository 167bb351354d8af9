"""Print the state of each of many runs as soon as it is there: as_they_come.py ID...

Needs RUNLOOP_API_KEY. Memory stays flat however many there are.
"""

import asyncio
import sys

from runloop_async import AsyncRunloop, NotFoundError


async def main(ids: list[str]) -> None:
    async with AsyncRunloop() as client:
        calls = (client.benchmark_runs.retrieve(i) for i in ids)
        async for outcome in client.bulk(calls).as_completed():
            try:
                run = outcome.value
            except NotFoundError as error:
                print(f"{ids[outcome.index]}: {error.message}")
            else:
                print(f"{run.id}: {run.state}")


asyncio.run(main(sys.argv[1:]))
