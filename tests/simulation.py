"""Calls against services in simulated time: minutes pass in seconds, and never vary.

Everything but the network is real: the event loop, the lanes, the gate. The clock of
the event loop jumps to its next timer when there is nothing else to do.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

import attrs
from multidict import CIMultiDict

from runloop_async.annotations import override
from runloop_async.errors import APIError, InternalServerError, RateLimitError
from runloop_async.options import RetryPolicy, Timeouts
from runloop_async.pacing.limits import Limits
from runloop_async.sending.attempt import Attempt, Telemetry
from runloop_async.sending.lanes import Lane, lanes
from runloop_async.sending.outgoing import Headers, Outgoing
from runloop_async.wire.request import Safety, Workload
from runloop_async.wire.retry import Stop, decide

T = TypeVar("T")
GET = "GET /v1/benchmark_runs/{id}"


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that does not wait, but says that the time has passed."""

    def __init__(self) -> None:
        super().__init__()
        self._passed_s = 0.0
        selector: Any = getattr(self, "_selector")  # noqa: B009
        select = selector.select

        def skip(timeout: float | None = None) -> Any:
            assert timeout is not None, "everything waits, and nothing will happen"
            self._passed_s += max(timeout, 0.0)
            return select(0)

        selector.select = skip

    @override
    def time(self) -> float:
        return self._passed_s


def simulated(main: Coroutine[Any, Any, T]) -> T:
    """Run something in simulated time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)


class SimulatedClock:
    """The time of the event loop, and seeded chance. Timers are up to 1 ms late."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s + 0.001 * self._dice.random())

    def call_later(
        self, delay_s: float, callback: Callable[[], None]
    ) -> asyncio.TimerHandle:
        late_s = 0.001 * self._dice.random()
        return asyncio.get_running_loop().call_later(delay_s + late_s, callback)

    def random(self) -> float:
        return self._dice.random()


class Bound(Protocol):
    """What a service allows."""

    def allows(self, now: float) -> bool:
        """Tell whether one more request is allowed."""
        ...


@attrs.define
class Bucket:
    """A token bucket; its burst is a tenth of a second's rate."""

    rate: float
    _tokens: float = attrs.field(init=False)
    _at: float = attrs.field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self._tokens = self.rate / 10

    def allows(self, now: float) -> bool:
        filled = self._tokens + (now - self._at) * self.rate
        self._tokens, self._at = min(self.rate / 10, filled), now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@attrs.define
class Window:
    """So many requests in each second of a clock that does not begin with ours."""

    rate: float
    phase_s: float = 0.3
    _window: int = attrs.field(default=-1, init=False)
    _count: int = attrs.field(default=0, init=False)

    def allows(self, now: float) -> bool:
        window = int(now + self.phase_s)
        if window != self._window:
            self._window, self._count = window, 0
        self._count += 1
        return self._count <= self.rate


@attrs.define
class Unbounded:
    """Nothing is refused."""

    def allows(self, now: float) -> bool:
        return now >= 0


@attrs.define
class Service:
    """A service: how long it takes, what it allows, when it fails."""

    bound: Bound = attrs.field(factory=Unbounded)
    service_s: float = 0.001
    retry_after: float | None = None
    at_once: int | None = None
    """The most requests at once; what is more is throttled."""
    fails: Callable[[float], bool] = attrs.field(default=lambda _: False)
    bounds: dict[str, Bound] = attrs.field(factory=dict[str, Bound])
    """What other routes allow."""
    times: list[float] = attrs.field(factory=list[float])
    """When each request came."""
    throttled: list[float] = attrs.field(factory=list[float])
    """When each came that was throttled."""
    busy: int = 0

    async def answer(self, route: str) -> int:
        """Take a request; return a status."""
        now = asyncio.get_running_loop().time()
        self.times.append(now)
        if self.fails(now):
            await asyncio.sleep(0.001)
            return 503
        allowed = self.bounds.get(route, self.bound).allows(now)
        if not allowed or self.busy == self.at_once:
            self.throttled.append(now)
            await asyncio.sleep(0.001)
            return 429
        self.busy += 1
        try:
            await asyncio.sleep(self.service_s)
        finally:
            self.busy -= 1
        return 200

    @property
    def rejected(self) -> float:
        """The part of all requests that was throttled."""
        return len(self.throttled) / len(self.times)


class Caller:
    """One client: its lane, and what becomes of its calls."""

    def __init__(
        self,
        service: Service,
        seed: int = 0,
        limits: Limits | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.service = service
        self.clock = SimulatedClock(seed)
        self.lane: Lane = lanes(limits or Limits(), self.clock)[Workload.API]
        self.policy = policy or RetryPolicy()
        self.done: list[float] = []
        """When each call succeeded."""
        self.failures: list[APIError | None] = []
        """Why others failed; None where the gate let them go no further."""
        self.early = 0
        """Attempts that were made before the time that the service had named."""
        self.retries: list[float] = []
        """When each attempt after the first of a call was made."""

    async def call(self, route: str = GET) -> None:
        """Make attempts until one succeeds or the policy says stop."""
        out = Outgoing(
            method="GET",
            base="",
            route=route,
            headers=Headers(CIMultiDict()),
            timeouts=Timeouts(),
            max_bytes=1,
        )
        attempt = Attempt(out=out, telemetry=Telemetry(self.clock))
        not_before = 0.0
        while await self.lane.enter(attempt):
            now = self.clock.now()
            self.early += now < not_before
            if attempt.number:
                self.retries.append(now)
            error = await self._attempt(attempt)
            now = self.clock.now()
            if error is None:
                self.done.append(now)
                return
            verdict = decide(
                error,
                policy=self.policy,
                safety=Safety.SAFE,
                attempt=max(attempt.charged, 1),
                dice=self.clock.random(),
            )
            verdict = self.lane.confirm(verdict, attempt)
            if isinstance(verdict, Stop):
                self.failures.append(error)
                return
            not_before = now + (getattr(error, "retry_after", 0.0) or 0.0)
            attempt.fail(error)
            await self.clock.sleep(verdict.delay_s)
        self.failures.append(attempt.failure)

    async def _attempt(self, attempt: Attempt) -> APIError | None:
        attempt.begin()
        began = self.clock.now()
        try:
            status = await self.service.answer(attempt.route)
            attempt.latency_s = self.clock.now() - began
            if status == 200:
                self.lane.succeeded(attempt)
                return None
            kind = RateLimitError if status == 429 else InternalServerError
            asked_s = self.service.retry_after if status == 429 else None
            error = kind("no", status_code=status, retry_after=asked_s)
            self.lane.failed(attempt, error)
            return error
        finally:
            self.lane.leave(attempt)

    async def gather(self, n: int, route: str = GET) -> None:
        """Make very many calls at once."""
        await asyncio.gather(*(self.call(route) for _ in range(n)))

    def goodput(self, after_s: float = 3.0) -> float:
        """Return the calls a second that succeeded, after the beginning."""
        late = [at for at in self.done if at > after_s]
        return len(late) / (max(late) - after_s)


def now() -> float:
    """Return the simulated time."""
    return asyncio.get_running_loop().time()
