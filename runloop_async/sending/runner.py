"""Sends calls: gate, attempt, decide, decode, and again if need be."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from random import SystemRandom
from typing import Any, Final, TypeVar
from uuid import uuid4

import attrs

from runloop_async.calls.runner import Clock, Sendable, Stream
from runloop_async.errors import APIError, APITimeoutError
from runloop_async.options import ClientOptions, RetryPolicy
from runloop_async.sending.outgoing import Attempt, Preparation
from runloop_async.sending.pool import Answer, Pool
from runloop_async.sending.stats import Counters
from runloop_async.wire.request import Request, Safety, Workload
from runloop_async.wire.response import error_for, is_success
from runloop_async.wire.retry import BELIEVABLE_S, Stop, Wait, decide

T = TypeVar("T")

_log = logging.getLogger("runloop_async")
_DICE: Final = SystemRandom()


class SystemClock:
    """The time and chance of this machine."""

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    async def sleep(self, delay_s: float) -> None:
        """Wait."""
        await asyncio.sleep(delay_s)

    def random(self) -> float:
        """Return a number from 0 to 1, which no fork repeats."""
        return _DICE.random()


class HttpRunner:
    """Sends calls through a pool, within the bounds of a client's options."""

    def __init__(
        self,
        options: ClientOptions,
        pool: Pool,
        lanes: Mapping[Workload, asyncio.Semaphore],
        clock: Clock,
        counters: Counters,
    ) -> None:
        self._options = options
        self._pool = pool
        self._lanes = lanes
        self._counters = counters
        self.clock = clock
        """Time and chance."""
        self._preparation = Preparation(options)

    async def run(self, call: Sendable[T]) -> T:
        """Send a request, again if need be, and return its decoded response."""
        lane = self._lanes[call.request.workload]

        async def exchange(attempt: Attempt) -> T:
            async with lane:
                response = await self._pool.send(attempt)
            status = response.status
            if not is_success(status) and status not in call.request.answers:
                raise error_for(response, now=time.time())
            return call.read(response)

        return await self._until_success(call, exchange)

    @asynccontextmanager
    async def stream(self, call: Sendable[Any]) -> AsyncGenerator[Stream]:
        """Send a request, again if need be, and leave its response to the caller."""
        async with AsyncExitStack() as stack:

            async def open_answer(attempt: Attempt) -> Answer:
                async with AsyncExitStack() as trial:
                    await trial.enter_async_context(self._lanes[call.request.workload])
                    answer = await trial.enter_async_context(self._pool.stream(attempt))
                    if not is_success(answer.status):
                        raise error_for(await answer.refusal(), now=time.time())
                    await stack.enter_async_context(trial.pop_all())
                return answer

            answer = await self._until_success(call, open_answer)
            try:
                yield answer
            except APIError as error:
                if not error.route:  # it is this stream that broke
                    _History(call.request, self.clock).mark(error, Stop())
                raise

    async def _until_success(
        self, call: Sendable[Any], exchange: Callable[[Attempt], Awaitable[T]]
    ) -> T:
        """Make attempts until one succeeds, the policy says stop, or time is up."""
        self._pool.open()  # or say now that it is closed, or in another loop
        # Do not bind call.options: tracebacks show locals.
        request = call.request
        policy = self._policy(request, call.options.get("max_retries"))
        deadline_s = call.options.get("deadline", self._options.deadline)
        attempt = self._preparation.attempt(
            request, call.options, key="" if request.method == "GET" else str(uuid4())
        )
        history = _History(request, self.clock)
        scope = asyncio.timeout(deadline_s)
        try:
            async with scope:
                while True:
                    self._counters.requests += 1
                    self._counters.retries += history.attempts > 0
                    history.attempts += 1
                    try:
                        return await exchange(attempt)
                    except APIError as error:
                        left_s = (deadline_s or math.inf) - history.elapsed_s()
                        verdict = decide(
                            error,
                            policy=policy,
                            safety=request.safety,
                            attempt=history.attempts,
                            dice=self.clock.random(),
                            left_s=left_s,
                        )
                        history.mark(error, verdict)
                        if isinstance(verdict, Stop):
                            raise
                    await self.clock.sleep(verdict.delay_s)
        except TimeoutError:
            if not scope.expired():
                raise
        raise history.out_of_time()

    def _policy(self, request: Request, max_retries: int | None) -> RetryPolicy:
        policy = self._options.retry
        if max_retries is not None:
            policy = attrs.evolve(policy, max_retries=max_retries)
        if request.patient:  # the deadline of the wait is the bound
            policy = attrs.evolve(policy, retry_after_max=BELIEVABLE_S)
        if request.content is not None and not request.content.can_repeat:
            policy = attrs.evolve(policy, max_retries=0)
        return policy


class _History:
    """Attempts made so far, reported on the error."""

    def __init__(self, request: Request, clock: Clock) -> None:
        self._request = request
        self._clock = clock
        self._started = clock.now()
        self._failure: APIError | None = None
        self.attempts = 0

    def elapsed_s(self) -> float:
        return self._clock.now() - self._started

    def mark(self, error: APIError, verdict: Wait | Stop) -> None:
        """Note a failed attempt, and put on the error what is known of the call."""
        self._failure = error
        error.method = self._request.method
        error.route = self._request.route
        error.attempts = self.attempts
        error.elapsed_s = self.elapsed_s()
        if isinstance(verdict, Stop):
            error.ambiguous = verdict.ambiguous
            error.out_of_time = verdict.out_of_time
        _log.debug("%s; %s", error, verdict)

    def out_of_time(self) -> APITimeoutError:
        """Return the error for a call that did not end by its deadline."""
        error = APITimeoutError(
            "the call did not end by its deadline", phase="deadline"
        )
        error.__cause__ = self._failure
        ambiguous = self._request.safety is not Safety.SAFE
        self.mark(error, Stop(ambiguous=ambiguous, out_of_time=True))
        return error
