"""Cancelling some work at any of its steps."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, Final

import attrs
import pytest

MOST_STEPS: Final = 300


@attrs.frozen
class CancelledAt:
    """An awaitable that cancels its task when it is suspended for the n-th time."""

    work: Awaitable[Any]
    step: int

    def __await__(self) -> Generator[Any, Any, bool]:
        """Await the work; tell whether it has ended before that step."""
        steps = self.work.__await__()
        advance: Callable[[], Any] = partial(next, steps)
        for number in range(MOST_STEPS):
            try:
                waits_for = advance()
            except StopIteration:
                assert number <= self.step, "it goes on as if it were not cancelled"
                return True
            except asyncio.CancelledError:
                this_task().uncancel()
                return False
            if number == self.step:
                this_task().cancel()
            try:
                yield waits_for
                advance = partial(next, steps)
            except asyncio.CancelledError as error:
                advance = partial(steps.throw, error)
        pytest.fail("it never ends")


async def cancelled_after(work: Awaitable[Any], turns: int) -> bool:
    """Cancel work after some turns of the event loop; tell whether it ended before."""
    task = asyncio.ensure_future(work)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return not task.cancelled()


def this_task() -> "asyncio.Task[Any]":
    task = asyncio.current_task()
    assert task is not None
    return task
