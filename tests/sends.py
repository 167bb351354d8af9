"""Sending to a server of the test, without a client around it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Unpack

from multidict import CIMultiDict
from yarl import URL

from runloop_async.calls.tally import Tally
from runloop_async.options import ClientParams, Timeouts, resolve
from runloop_async.pacing.limits import Limits
from runloop_async.sending.attempt import Attempt, Telemetry
from runloop_async.sending.clock import SystemClock
from runloop_async.sending.lanes import lanes
from runloop_async.sending.outgoing import Headers, Outgoing
from runloop_async.sending.pool import Answer, Pool
from runloop_async.sending.runner import HttpRunner
from tests.fakes import FakeClock

KEY = "key-of-the-tests"


@asynccontextmanager
async def sending(
    url: str,
    *,
    clock: FakeClock | None = None,
    limits: Limits | None = None,
    tally: Tally | None = None,
    **options: Unpack[ClientParams],
) -> AsyncGenerator[HttpRunner]:
    """Make a runner, and close its connections at the end."""
    clock = clock or FakeClock()
    ways = lanes(limits or Limits(), clock)
    telemetry = Telemetry(SystemClock(), tally=tally)
    pool = Pool(gates=[lane.gate for lane in ways.values()], telemetry=telemetry)
    try:
        yield HttpRunner(
            resolve({"bearer_token": KEY, "base_url": url, **options}, {}),
            pool,
            ways,
            clock,
            telemetry,
        )
    finally:
        await pool.close()


@asynccontextmanager
async def opened(pool: Pool, attempt: Attempt) -> AsyncGenerator[Answer]:
    """Make an attempt, and close its response at the end."""
    answer = await pool.stream(attempt)
    try:
        yield answer
    finally:
        answer.close()


def attempt(
    url: str,
    *,
    total_s: float | None = 5.0,
    connect_s: float | None = 5.0,
    max_bytes: int = 1000,
) -> Attempt:
    """Return an attempt to read from a server."""
    where = URL(url)
    out = Outgoing(
        method="GET",
        base=str(where.origin()),
        target=where.raw_path_qs,
        headers=Headers(CIMultiDict({"Host": where.authority})),
        timeouts=Timeouts(total=total_s, idle=total_s, connect=connect_s),
        max_bytes=max_bytes,
    )
    return Attempt(out=out, telemetry=Telemetry(SystemClock()))
