"""One attempt of a call: through the pool, with its lane told of what came of it."""

import time
from typing import Any, TypeVar

from runloop_async.calls.runner import Sendable
from runloop_async.errors import APIError
from runloop_async.sending.lanes import Lane
from runloop_async.sending.outgoing import Attempt
from runloop_async.sending.pool import Answer, Pool
from runloop_async.sending.turns import Turns
from runloop_async.wire.response import error_for, is_success

T = TypeVar("T")

_LARGE_BYTES = 128 * 1024
"""To decode as much takes part of a millisecond: many at once would hold the loop."""


class Asking:
    """Makes attempts that have left the gate, and gives their slots back."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turns = Turns()

    async def whole(self, call: Sendable[T], lane: Lane, attempt: Attempt) -> T:
        """Make one attempt, and read what comes of it."""
        try:
            attempt.begin()
            response = await self._pool.send(attempt)
            status = response.status
            if not is_success(status) and status not in call.request.answers:
                raise error_for(response, now=time.time())
            lane.succeeded(attempt)
        except APIError as error:
            lane.failed(attempt, error)
            raise
        finally:
            lane.leave(attempt)
        if len(response.data) >= _LARGE_BYTES:
            await self._turns.take()
        return call.read(response)

    async def opened(self, _: Sendable[Any], lane: Lane, attempt: Attempt) -> Answer:
        """Make one attempt, and keep its place in the lane if it succeeds."""
        try:
            attempt.begin()
            answer = await self._pool.stream(attempt)
            if not is_success(answer.status):
                refusal = await answer.refusal()
                raise error_for(refusal, now=time.time())  # noqa: TRY301
            lane.succeeded(attempt)
        except BaseException as error:
            if isinstance(error, APIError):
                lane.failed(attempt, error)
            lane.leave(attempt)
            raise
        return answer
