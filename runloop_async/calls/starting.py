"""Start something and wait for it, as one flow with one deadline."""

import math
from collections.abc import Callable
from typing import TypeVar, Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Deadline
from runloop_async.calls.left import left_behind
from runloop_async.calls.polling import PollingConfig, deadline_of, is_cut, timed_out
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.tally import Tally, counting
from runloop_async.errors import APIError
from runloop_async.options import CallOptions
from runloop_async.wire.request import Workload

T = TypeVar("T")
R = TypeVar("R")


def started(
    first: Call[T],
    wait: Callable[[T], Flow[R]],
    polling: PollingConfig,
    *,
    name: str,
    what: str,
    left: Callable[[T], str] | None = None,
) -> Flow[R]:
    """Return a flow that starts something and then waits for it.

    Args:
        first: Starts it.
        wait: Returns the wait for what was started.
        polling: How long all of it may take.
        name: What the flow does.
        what: What is started, such as "a devbox".
        left: Returns what to say on an error of the wait, since what was started goes
            on without the caller. None for a change of something that was there.
    """

    async def work(**options: Unpack[CallOptions]) -> R:
        deadline = deadline_of(first.runner, polling, options)
        is_new = left is not None
        begun = await _begun(first, deadline, options, what, is_new=is_new)
        rest = options.copy()
        rest.pop("idempotency_key", None)  # which is for the first write
        try:
            return await deadline.on(wait(begun).with_options(**rest))
        except BaseException as error:
            if left is not None:
                left_behind(error, left(begun))
            raise

    return Flow(work, name=name, first=first)


async def _begun(
    first: Call[T],
    deadline: Deadline,
    options: CallOptions,
    what: str,
    *,
    is_new: bool,
) -> T:
    """Start something; say on an error if something new may exist all the same."""
    sent = Tally()
    try:
        with counting(sent):
            return await first.with_options(
                **(options | CallOptions(deadline=_bound_s(first, deadline)))
            )
    except BaseException as error:
        raised = error
        if _is_late(error) and deadline.left_s() <= 0:
            raised = timed_out(what, deadline, None)
        if is_new and getattr(error, "ambiguous", sent.requests > 0):
            left_behind(raised, f"{what} may have been started")
        if raised is error:
            raise
        raise raised from error


def _bound_s(first: Call[object], deadline: Deadline) -> float | None:
    """Return the seconds for the first call: the client's deadline is for short ones.

    What the server holds, such as a request to boot a devbox, is part of the wait.
    """
    bound_s = deadline.left_s()
    if first.request.workload is not Workload.WAIT:
        bound_s = min(bound_s, first.runner.deadline or math.inf)
    return None if bound_s == math.inf else bound_s


def _is_late(error: BaseException) -> bool:
    return isinstance(error, APIError) and (error.out_of_time or is_cut(error))
