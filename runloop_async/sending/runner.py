"""Sends calls: gate, attempt, decide, decode, and again if need be."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from runloop_async.calls.runner import Clock, Sendable, Stream
from runloop_async.errors import APIError, ClientClosedError
from runloop_async.options import ClientOptions
from runloop_async.sending.lanes import Lane
from runloop_async.sending.outgoing import Attempt, Preparation
from runloop_async.sending.pool import Answer, Pool, past_deadline
from runloop_async.sending.stats import Telemetry
from runloop_async.sending.verdict import may_be_done, verdict_on
from runloop_async.wire.request import Request, Workload
from runloop_async.wire.response import error_for, is_success
from runloop_async.wire.retry import Stop, Wait, is_ambiguous

T = TypeVar("T")

_log = logging.getLogger("runloop_async")


class HttpRunner:
    """Sends calls through a pool, within the bounds of a client's options."""

    def __init__(
        self,
        options: ClientOptions,
        pool: Pool,
        lanes: Mapping[Workload, Lane],
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._options = options
        self._pool = pool
        self._lanes = lanes
        self.clock = clock
        """Time and chance."""
        self.gate = lanes[Workload.API].gate.governor.concurrency
        """How many short calls may be under way."""
        self.prefetch = options.prefetch
        """Whether a list fetches its next page while the present one is consumed."""
        self._preparation = Preparation(options, telemetry)

    async def pause(self, delay_s: float) -> None:
        """Sleep between two requests, unless the client is closed meanwhile.

        Raises:
            ClientClosedError: The client is closed.
        """
        await self._pool.pause(partial(self.clock.sleep, delay_s))

    def run(self, call: Sendable[T]) -> Coroutine[Any, Any, T]:
        """Send a request, again if need be, and return its decoded response."""
        return self._until_success(call, self._whole)

    @asynccontextmanager
    async def stream(self, call: Sendable[Any]) -> AsyncGenerator[Stream]:
        """Send a request, again if need be, and leave its response to the caller."""
        ends_at = None
        if (deadline_s := self._deadline_s(call)) is not None:
            ends_at = asyncio.get_running_loop().time() + deadline_s
        answer = await self._until_success(call, self._opened)
        answer.ends_at = ends_at
        try:
            yield answer
        except APIError as error:
            if not error.route:  # it is this stream that broke
                ambiguous = is_ambiguous(error, call.request.safety)
                verdict = Stop(ambiguous, out_of_time=error.out_of_time)
                self._mark(error, call.request, answer.attempt, verdict)
            raise
        finally:
            answer.close()
            self._lanes[call.request.workload].leave(answer.attempt)

    async def _whole(self, call: Sendable[T], lane: Lane, attempt: Attempt) -> T:
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
        return call.read(response)

    async def _opened(self, _: Sendable[Any], lane: Lane, attempt: Attempt) -> Answer:
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

    def _deadline_s(self, call: Sendable[Any]) -> float | None:
        return call.options.get("deadline", self._options.deadline)

    async def _until_success(
        self,
        call: Sendable[Any],
        ask: Callable[[Sendable[Any], Lane, Attempt], Coroutine[Any, Any, T]],
    ) -> T:
        """Make attempts until one succeeds, the policy says stop, or time is up."""
        self._pool.open()  # or say now that it is closed, or in another loop
        request = call.request
        attempt = self._preparation.attempt(request, call.options)
        attempt.began_s = self.clock.now()
        deadline_s = self._deadline_s(call)
        if deadline_s is None:
            return await self._attempts(call, ask, attempt)
        attempt.ends_s = attempt.began_s + deadline_s
        scope = asyncio.timeout(deadline_s)
        try:
            async with scope:
                return await self._attempts(call, ask, attempt)
        except TimeoutError:
            if not scope.expired():
                raise
        error = past_deadline(sent=attempt.ended())
        error.__cause__ = attempt.failure
        ambiguous = may_be_done(request, attempt)
        self._mark(error, request, attempt, Stop(ambiguous, out_of_time=True))
        raise error

    async def _attempts(
        self,
        call: Sendable[Any],
        ask: Callable[[Sendable[Any], Lane, Attempt], Coroutine[Any, Any, T]],
        attempt: Attempt,
    ) -> T:
        request = call.request
        lane = self._lanes[request.workload]
        while True:
            if not await lane.enter(attempt):
                raise self._refusal(lane, request, attempt)
            try:
                return await ask(call, lane, attempt)
            except APIError as error:
                policy = self._options.retry
                verdict = verdict_on(error, call, attempt, policy, self.clock)
                verdict = lane.confirm(verdict, attempt)
                self._mark(error, request, attempt, verdict)
                if isinstance(verdict, Stop):
                    raise
                attempt.fail(error, verdict.delay_s)
            except ClientClosedError as error:
                error.ambiguous = may_be_done(request, attempt)
                raise
            except asyncio.CancelledError:
                if may_be_done(request, attempt):
                    _log.debug("%s was cancelled, and may be carried out", request)
                raise
            await self.pause(verdict.delay_s)

    def _refusal(self, lane: Lane, request: Request, attempt: Attempt) -> APIError:
        """Return what to raise for an attempt that may not leave.

        Raises:
            ClientClosedError: That is the reason.
        """
        self._pool.open()
        error = attempt.failure or lane.refusal()
        self._mark(error, request, attempt, Stop(exhausted=True))
        return error

    def _mark(
        self, error: APIError, request: Request, attempt: Attempt, verdict: Wait | Stop
    ) -> None:
        """Put on an error what is known of the call."""
        error.method = request.method
        error.route = request.route
        error.attempts = attempt.number
        error.elapsed_s = self.clock.now() - attempt.began_s
        if isinstance(verdict, Stop):
            error.ambiguous = verdict.ambiguous
            error.out_of_time = verdict.out_of_time
            error.exhausted = verdict.exhausted
        _log.debug("%s; %s", error, verdict)
