"""Sends calls: gate, attempt, decide, decode, and again if need be."""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from runloop_async.calls.runner import Sendable, Stream
from runloop_async.clock import Clock
from runloop_async.errors import APIError, ClientClosedError
from runloop_async.options import ClientOptions
from runloop_async.pacing.gate import Turn
from runloop_async.sending.asking import Asking
from runloop_async.sending.lanes import Lane
from runloop_async.sending.outgoing import Attempt, Preparation
from runloop_async.sending.pool import Pool, past_deadline
from runloop_async.sending.stats import Telemetry
from runloop_async.sending.verdict import mark, may_be_done, verdict_on
from runloop_async.wire.request import Request, Workload
from runloop_async.wire.retry import Stop, Wait, is_ambiguous

T = TypeVar("T")
_Ask = Callable[[Sendable[Any], Lane, Attempt], Coroutine[Any, Any, T]]

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
        self.prefetch, self.base_url = options.prefetch, options.base_url
        self.socket = pool.socket
        self._asking = Asking(pool)
        self._preparation = Preparation(options, telemetry)

    async def pause(self, delay_s: float) -> None:
        """Sleep between two requests, unless the client is closed meanwhile.

        Raises:
            ClientClosedError: The client is closed.
        """
        await self._pool.pause(partial(self.clock.sleep, delay_s))

    def run(self, call: Sendable[T]) -> Coroutine[Any, Any, T]:
        """Send a request, again if need be, and return its decoded response."""
        return self._until_success(call, self._asking.whole)

    @asynccontextmanager
    async def stream(self, call: Sendable[Any]) -> AsyncGenerator[Stream]:
        """Send a request, again if need be, and leave its response to the caller."""
        ends_at = None
        if (deadline_s := self._deadline_s(call)) is not None:
            ends_at = asyncio.get_running_loop().time() + deadline_s
        answer = await self._until_success(call, self._asking.opened)
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

    def _deadline_s(self, call: Sendable[Any]) -> float | None:
        return call.options.get("deadline", self._options.deadline)

    def _until_success(
        self, call: Sendable[Any], ask: _Ask[T]
    ) -> Coroutine[Any, Any, T]:
        """Make attempts until one succeeds, the policy says stop, or time is up."""
        deadline_s = self._deadline_s(call)
        if deadline_s is None:
            return self._from_the_gate(call, ask)
        return self._by_deadline(call, ask, deadline_s)

    async def _from_the_gate(
        self,
        call: Sendable[Any],
        ask: _Ask[T],
        ends_s: float = math.inf,
        made: list[Attempt] | None = None,
    ) -> T:
        self._pool.open()  # or say now that it is closed, or in another loop
        # Very many may wait for their first attempt: nothing is made for it until then.
        request, began_s = call.request, self.clock.now()
        lane = self._lanes[request.workload]
        if (turn := lane.turn(request.name)) is not None:
            try:
                await turn
            except BaseException:
                lane.gate.desert(turn)
                raise
        attempt = self._prepared(call, lane, began_s, turn)
        attempt.ends_s = ends_s
        if made is not None:
            made.append(attempt)
        return await self._attempts(call, ask, lane, attempt)

    def _prepared(
        self, call: Sendable[Any], lane: Lane, began_s: float, turn: Turn | None
    ) -> Attempt:
        """Return an attempt that may leave, now that its turn has come."""
        admitted_s = lane.gate.stamp if turn is None else turn.result()
        request = call.request
        if admitted_s is None:
            attempt = self._preparation.attempt(request, call.options)
            attempt.began_s = began_s
            raise self._refusal(lane, request, attempt)
        try:
            attempt = self._preparation.attempt(request, call.options)
        except BaseException:
            lane.gate.leave(admitted_s)
            raise
        attempt.began_s = began_s
        lane.admitted(attempt, admitted_s, admitted_s - began_s if turn else 0.0)
        return attempt

    async def _by_deadline(
        self, call: Sendable[Any], ask: _Ask[T], deadline_s: float
    ) -> T:
        request, began_s, made = call.request, self.clock.now(), list[Attempt]()
        scope = asyncio.timeout(deadline_s)
        try:
            async with scope:
                return await self._from_the_gate(call, ask, began_s + deadline_s, made)
        except TimeoutError:
            if not scope.expired():
                raise
        attempt = made[0] if made else self._preparation.attempt(request, call.options)
        attempt.began_s = began_s
        error = past_deadline(sent=attempt.ended())
        error.__cause__ = attempt.failure
        ambiguous = may_be_done(request, attempt)
        self._mark(error, request, attempt, Stop(ambiguous, out_of_time=True))
        raise error

    async def _attempts(
        self, call: Sendable[Any], ask: _Ask[T], lane: Lane, attempt: Attempt
    ) -> T:
        request = call.request
        while True:
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
            if not await lane.enter(attempt):
                raise self._refusal(lane, request, attempt)

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
        mark(error, request, attempt, verdict, self.clock.now())
        _log.debug("%s; %s", error, verdict)
