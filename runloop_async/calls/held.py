"""Create things that must be ended, such as devboxes, without losing one.

If the caller is cancelled while a thing is being created, the answer is waited for, and
the thing is ended. If the answer is lost, the thing is looked for, and ended. If it may
still exist after that, a note of the error says so, or the log after a cancellation
(see `left`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

import attrs

from runloop_async.calls.call import Call
from runloop_async.calls.left import Left, noted
from runloop_async.calls.tally import Tally, counting
from runloop_async.errors import APIError, ClientClosedError, RunloopError

T = TypeVar("T")

GRACE_S: Final = 30.0
"""Seconds that a cancellation waits for the answer to a request that was sent."""


@attrs.frozen(kw_only=True)
class Held:
    """How to find a thing, and how to end it."""

    find: Callable[[], Awaitable[Any | None]] | None = None
    """Returns the thing, if it was made; asked where there was no answer. None where a
    thing cannot be told from others."""
    end: Callable[[Any], Awaitable[object]]
    """Ends it."""
    what: Callable[[Any], str]
    """Returns what to call it in messages; given None, what may have been made."""
    still: str = "may still exist"
    """What it may do if it was not ended."""


async def made(create: Call[T], held: Held) -> T:
    """Create a thing; if it cannot be returned to the caller, end it.

    Raises:
        APIError: It could not be created. If it was created all the same, it has been
            ended, or a note says that it may exist.
    """
    sent = Tally()
    with counting(sent):
        creating = asyncio.ensure_future(create)
    try:
        return await asyncio.shield(creating)
    except asyncio.CancelledError as cancelled:
        is_sent = bool(sent.requests)
        if not is_sent:  # at once, or it would be sent meanwhile
            creating.cancel()
        given_up = partial(_given_up, creating, held, is_sent=is_sent)
        await reported(given_up, cancelled)
        raise
    except (APIError, ClientClosedError) as error:
        if error.ambiguous:
            await reported(partial(_lost, held), error)
        raise


async def reported(
    work: Callable[[], Awaitable[str | None]], error: BaseException
) -> None:
    """Finish some work after an error, and add what it returns to the error as a note.

    A cancellation does not stop the work; it is raised afterwards, in place of the
    error, and gets the note. When an event loop ends it cancels every task, including
    the one that does the work. The work is then done again.
    """
    came: asyncio.CancelledError | None = None
    while True:
        doing = asyncio.ensure_future(work())
        while not doing.done():
            try:
                await asyncio.wait([doing])
            except asyncio.CancelledError as cancelled:
                came = cancelled
        if not doing.cancelled():
            break
    if said := doing.result():
        noted(came or error, said)
    if came is not None:
        raise came


async def ended(
    thing: Any, held: Held, error: BaseException | None = None
) -> str | None:
    """End a thing; return what to say if that fails.

    Args:
        thing: The thing.
        held: How to end it.
        error: What is raised in any case, so that it need not be repeated.
    """
    try:
        await held.end(thing)
    except RunloopError as failure:
        why = "" if failure is error else f": {failure}"
        return Left(f"{held.what(thing)} {held.still}{why}")
    return None


async def _given_up(
    creating: "asyncio.Future[Any]", held: Held, *, is_sent: bool
) -> str | None:
    """End what a request creates whose caller was cancelled."""
    await asyncio.wait([creating], timeout=GRACE_S if is_sent else None)
    creating.cancel()
    failure: BaseException | None = None
    try:
        return await ended(await creating, held)
    except (asyncio.CancelledError, RunloopError) as error:
        failure = error
    may_be_made = is_sent and getattr(failure, "ambiguous", True)
    return await _lost(held) if may_be_made else None


async def _lost(held: Held) -> str:
    """Look for what may have been created, and end it; return what happened."""
    thing, why = None, ""
    try:
        if held.find is not None:
            thing, why = await held.find(), ", though it was not found"
    except RunloopError as failure:
        why = f": {failure}"
    if thing is None:
        return Left(f"{held.what(None)} {held.still}{why}")
    failed = await ended(thing, held)
    return failed or f"{held.what(thing)} was made all the same, and has been ended"
