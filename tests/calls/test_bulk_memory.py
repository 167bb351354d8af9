"""A bulk that is read as it completes keeps its memory flat."""

import asyncio
from functools import partial
from weakref import WeakSet

from runloop_async.calls.bulk import Bulk
from runloop_async.calls.repeatable import Flow
from tests.fakes import FakeClock, room


async def test_what_was_read_is_kept_by_nobody() -> None:
    class Answer:
        """A result that can be watched."""

    alive = WeakSet[Answer]()

    async def work() -> Answer:
        await asyncio.sleep(0)
        answer = Answer()
        alive.add(answer)
        return answer

    calls = (Flow(partial(work)) for _ in range(1000))
    most, count = 0, 0
    async for _ in Bulk(calls, room(3), FakeClock(), None).as_completed():
        count, most = count + 1, max(most, len(alive))

    assert count == 1000
    assert most <= 20
