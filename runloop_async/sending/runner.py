"""Sends calls: gate, attempt, decide, decode, and again if need be."""

import asyncio
import logging
import math
import time
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Coroutine,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Generic, TypeVar

import attrs
from multidict import CIMultiDict

from runloop_async.calls.deadline import NO_TIME_S, Deadline
from runloop_async.calls.runner import Sendable, Socket, Stream
from runloop_async.clock import Clock
from runloop_async.credentials import Secret
from runloop_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    ClientClosedError,
)
from runloop_async.options import ClientOptions
from runloop_async.sending.attempt import Attempt, Telemetry
from runloop_async.sending.hiding import mask, secrets_in
from runloop_async.sending.lanes import Lane
from runloop_async.sending.outgoing import Headers, Outgoing, Preparation
from runloop_async.sending.pool import Answer, Pool, past_deadline
from runloop_async.sending.turns import Turns
from runloop_async.wire.request import Safety, Workload
from runloop_async.wire.response import Response, error_for, is_success
from runloop_async.wire.retry import BELIEVABLE_S, Stop, Wait, decide, is_ambiguous

T = TypeVar("T")
W = TypeVar("W")
_Send = Callable[[Attempt], Awaitable[Response | Answer]]

_log = logging.getLogger("runloop_async")

_LARGE_BYTES = 128 * 1024
"""To decode as much takes part of a millisecond: many at once would hold the loop."""


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
        self.options = options
        self.pool = pool
        self.lanes = lanes
        self.clock = clock
        """Time and chance."""
        self.telemetry = telemetry
        self.gate = lanes[Workload.API].gate.governor.concurrency
        """How many short calls may be in flight."""
        self.prefetch, self.base_url = options.prefetch, options.base_url
        self.is_strict = options.on_bad_item == "raise"
        self.max_response_bytes = options.max_response_bytes
        self.deadline = options.deadline
        self.preparation = Preparation(options)
        self.turns = Turns()

    async def pause(self, delay_s: float) -> None:
        """Sleep between two requests, unless the client is closed meanwhile.

        Raises:
            ClientClosedError: The client is closed.
        """
        await self.pool.pause(partial(self.clock.sleep, delay_s))

    def run(self, call: Sendable[T]) -> Coroutine[Any, Any, T]:
        """Send a request, again if need be, and return its decoded response."""
        return _Sending(self, call).whole()

    @asynccontextmanager
    async def stream(self, call: Sendable[Any]) -> AsyncGenerator[Stream]:
        """Send a request, again if need be, and leave its response to the caller."""
        sending = _Sending(self, call)
        answer = await sending.opened()
        try:
            yield answer
        except APIError as error:
            if not error.route:  # it is this stream that broke
                ambiguous = is_ambiguous(error, call.request.safety)
                sending.mark(error, Stop(ambiguous, out_of_time=error.out_of_time))
            raise
        finally:
            answer.close()
            self.lanes[call.request.workload].leave(answer.attempt)

    def note_unreadable(
        self, route: str, errors: Sequence[APIResponseValidationError]
    ) -> None:
        """Count and log items of a page that could not be read."""
        self.telemetry.tally.unreadable += len(errors)
        _log.warning(
            "%s: %d items of a page could not be read; the first: %s",
            route,
            len(errors),
            errors[0],
        )

    @asynccontextmanager
    async def socket(self, url: str, token: Secret) -> AsyncGenerator[Socket]:
        """Open a WebSocket, to which the token goes as its subprotocol.

        Raises:
            APIError: It could not be opened.
        """
        self.pool.open()
        lane = self.lanes[Workload.STREAM]
        bounds_s = [
            each
            for each in (self.options.timeouts.total, self.options.deadline)
            if each is not None
        ]
        out = Outgoing(
            method="GET",
            route="GET {connect_url}",
            base=url,
            headers=Headers(CIMultiDict({"Authorization": token.reveal()})),
            timeouts=attrs.evolve(
                self.options.timeouts, total=min(bounds_s, default=None)
            ),
            max_bytes=self.options.max_response_bytes,
        )
        attempt = self.telemetry.attempt(out, self.clock.now())
        scope = Deadline(self.clock, self.deadline).scope()
        try:
            async with scope:
                may_leave = await lane.enter(attempt)
        except TimeoutError:
            raise past_deadline(sent=False) from None
        if not may_leave:
            self.pool.open()  # or say that it is closed
            raise lane.refusal()
        try:
            async with self.pool.socket(attempt, token) as socket:
                yield socket
        finally:
            lane.leave(attempt)


class _Sending(Generic[T]):
    """One call on its way: attempts until one succeeds or the policy says stop."""

    __slots__ = (
        "_attempt",
        "_began_s",
        "_call",
        "_deadline",
        "_is_doubtful",
        "_lane",
        "_name",
        "_reached",
        "_request",
        "_runner",
    )

    def __init__(self, runner: HttpRunner, call: Sendable[T]) -> None:
        request = call.request
        self._runner = runner
        self._call = call
        self._request = request
        self._name = f"{request.method} {request.route}"
        self._lane = runner.lanes[request.workload]
        self._began_s = math.inf
        self._deadline: Deadline | None = None
        # Whether an attempt before the present one may have been carried out.
        self._is_doubtful = False
        # Whether one has reached the server; None if that cannot be known.
        self._reached: bool | None = False
        # Very many may wait for their first attempt: nothing is made for it until then.
        self._attempt: Attempt | None = None

    async def whole(self) -> T:
        """Return what the response is read as."""
        response: Response = await self._begun(is_whole=True)
        if len(response.data) >= _LARGE_BYTES:
            turn = self._runner.turns.take()
            await (turn if self._deadline is None else self._in_time(turn))
        try:
            return self._call.read(response)
        except APIError as error:
            self.mark(error, Stop(is_ambiguous(error, self._request.safety)))
            raise

    async def opened(self) -> Answer:
        """Return a successful response whose body is not read."""
        answer: Answer = await self._begun(is_whole=False)
        answer.deadline = self._deadline
        return answer

    def _begun(self, *, is_whole: bool) -> Awaitable[Any]:
        """Begin now; return what makes attempts until one succeeds, or it is late.

        Args:
            is_whole: Whether to read the body of the response, and be done with it.

        Raises:
            APITimeoutError: It is late already; nothing is sent.
        """
        runner = self._runner
        self._began_s = runner.clock.now()
        delay_s = self._call.options.get("deadline", runner.deadline)
        if delay_s is None:
            return self._attempts(is_whole=is_whole)
        self._deadline = Deadline(runner.clock, delay_s)
        if delay_s <= NO_TIME_S:
            raise self._late(self._new_attempt())
        return self._in_time(self._attempts(is_whole=is_whole))

    async def _in_time(self, work: Awaitable[W]) -> W:
        assert self._deadline is not None  # noqa: S101 - it is called for that
        scope = self._deadline.scope()
        try:
            async with scope:
                return await work
        except TimeoutError:
            if not scope.expired():
                raise
        raise self._late(self._attempt or self._new_attempt())

    def _late(self, attempt: Attempt) -> APIError:
        """Return what to raise for a call whose deadline has passed."""
        error = past_deadline(sent=attempt.ended())
        error.__cause__ = attempt.failure
        self.mark(error, Stop(self._may_be_done(), out_of_time=True))
        return error

    async def _attempts(self, *, is_whole: bool) -> Response | Answer:
        gate, name = self._lane.gate, self._name
        self._runner.pool.open()  # or say that it is closed, or in another loop
        turn = None if gate.enter(self._began_s, name) else gate.join(name)
        admitted_s: float | None = gate.stamp
        if turn is not None:
            try:
                admitted_s = await turn
            except BaseException:
                gate.desert(turn)
                raise
        attempt = self._admitted(admitted_s, has_waited=turn is not None)
        # Looked up after the wait: ten thousand waiting calls would hold two bound
        # methods each, for the garbage collector to visit.
        send: _Send = self._runner.pool.send if is_whole else self._opened_once
        settle = self._lane.served if is_whole else self._lane.succeeded
        while True:
            attempt.begin()
            try:
                response = await send(attempt)
                if not 200 <= response.status < 300:  # noqa: PLR2004 - successes
                    self._check(response)
            except BaseException as error:
                delay_s = self._failed(attempt, error)
                if delay_s is None:
                    raise
            else:
                settle(attempt)
                return response
            await self._again(attempt, delay_s)

    def _admitted(self, admitted_s: float | None, *, has_waited: bool) -> Attempt:
        """Return the first attempt, which was let through the gate.

        Raises:
            APIError: It was not.
        """
        if admitted_s is None:
            raise self._refusal(self._new_attempt())
        try:
            attempt = self._new_attempt()
        except BaseException:
            self._lane.gate.leave(admitted_s)
            raise
        attempt.admitted_s = admitted_s
        waited_s = admitted_s - self._began_s if has_waited else 0.0
        self._lane.gate.waits.append(waited_s)
        return attempt

    def _new_attempt(self) -> Attempt:
        runner = self._runner
        out = runner.preparation.outgoing(self._request, self._call.options, self._name)
        attempt = self._attempt = runner.telemetry.attempt(out, self._began_s)
        return attempt

    async def _again(self, attempt: Attempt, delay_s: float) -> None:
        """Wait until the next attempt may leave.

        Raises:
            APIError: It may not.
        """
        try:
            await self._runner.pause(delay_s)
            if not await self._lane.enter(attempt):
                raise self._refusal(attempt)  # noqa: TRY301
        except BaseException as error:
            self._mark_cut(error)
            raise

    def _check(self, response: Response | Answer) -> None:
        """Refuse a response that is neither a success nor one that is asked for.

        Raises:
            APIError: That is what it is.
        """
        is_due = response.status in self._request.answers
        if isinstance(response, Response) and not is_due:
            raise error_for(response, now=time.time())

    async def _opened_once(self, attempt: Attempt) -> Answer:
        """Make an attempt, and read the response only if it is none of success."""
        answer = await self._runner.pool.stream(attempt)
        if is_success(answer.status):
            return answer
        raise error_for(await answer.refusal(), now=time.time())

    def _failed(self, attempt: Attempt, error: BaseException) -> float | None:
        """Take note of a failure; return how long to wait, None to raise it."""
        if not isinstance(error, APIError):
            self._cut_off(attempt, error)
            return None
        try:
            self._lane.failed(attempt, error)
        finally:
            self._lane.leave(attempt)
        verdict = self._lane.confirm(self._verdict_on(error, attempt), attempt)
        self.mark(error, verdict)
        if isinstance(verdict, Stop):
            return None
        self._is_doubtful |= is_ambiguous(error, Safety.ONCE)
        reached = getattr(error, "sent", True)  # an error of status is a response
        if reached is not False and not self._reached:
            self._reached = reached
        attempt.fail(error, verdict.delay_s)
        return verdict.delay_s

    def _cut_off(self, attempt: Attempt, error: BaseException) -> None:
        """Take note of an attempt that something else than a failure has ended."""
        self._lane.leave(attempt)
        self._mark_cut(error)

    def _mark_cut(self, error: BaseException) -> None:
        if isinstance(error, ClientClosedError):
            error.ambiguous = self._may_be_done()
        elif isinstance(error, asyncio.CancelledError) and self._may_be_done():
            _log.debug("%s was cancelled, and may be carried out", self._request)

    def _verdict_on(self, error: APIError, attempt: Attempt) -> Wait | Stop:
        """Decide what follows a failed attempt, by the options of client and call."""
        request, runner = self._request, self._runner
        policy = runner.options.retry
        if (max_retries := self._call.options.get("max_retries")) is not None:
            policy = attrs.evolve(policy, max_retries=max_retries)
        if request.patient:  # the deadline of the wait is the bound
            policy = attrs.evolve(policy, retry_after_max=BELIEVABLE_S)
        if request.content is not None and not request.content.can_repeat:
            policy = attrs.evolve(policy, max_retries=0)
        return decide(
            error,
            policy=policy,
            safety=request.safety,
            attempt=max(attempt.charged, 1),
            dice=runner.clock.random(),
            left_s=math.inf if self._deadline is None else self._deadline.left_s(),
        )

    def _refusal(self, attempt: Attempt) -> APIError:
        """Return what to raise for an attempt that may not leave.

        Raises:
            ClientClosedError: That is the reason.
        """
        self._runner.pool.open()
        error, attempt.failure = attempt.failure or self._lane.refusal(), None
        self.mark(error, Stop(exhausted=True))
        return error

    def mark(self, error: APIError, verdict: Wait | Stop) -> None:
        """Put on an error what is known of the call, and mask secrets in it."""
        error.method, error.route = self._request.method, self._request.route
        error.attempts = 0 if self._attempt is None else self._attempt.number
        error.elapsed_s = self._runner.clock.now() - self._began_s
        if isinstance(error, APIConnectionError) and error.sent is False:
            error.sent = self._reached
        error.is_repetition = self._is_doubtful
        if isinstance(verdict, Stop):
            is_safe = self._request.safety is Safety.SAFE
            error.ambiguous = verdict.ambiguous or (self._is_doubtful and not is_safe)
            error.out_of_time = verdict.out_of_time
            error.exhausted = verdict.exhausted
        mask(error, self._secrets())
        _log.debug("%s; %s", error, verdict)

    def _secrets(self) -> list[str]:
        attempt = self._attempt
        return [] if attempt is None else secrets_in(attempt.out.headers.mapping)

    def _may_be_done(self) -> bool:
        """Tell whether a write may be carried out although its attempt was cut off."""
        attempt = self._attempt
        if self._request.safety is Safety.SAFE or attempt is None:
            return False
        return self._is_doubtful or attempt.was_sent is not False
