"""Sending to a server of the test, without a client around it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Unpack

from yarl import URL

from runloop_async.options import ClientParams, Limits, resolve
from runloop_async.sending.lanes import lanes
from runloop_async.sending.outgoing import Attempt
from runloop_async.sending.pool import Pool
from runloop_async.sending.runner import HttpRunner
from runloop_async.sending.stats import Counters
from tests.fakes import FakeClock

KEY = "key-of-the-tests"


@asynccontextmanager
async def sending(
    url: str,
    *,
    clock: FakeClock | None = None,
    limits: Limits | None = None,
    counters: Counters | None = None,
    **options: Unpack[ClientParams],
) -> AsyncGenerator[HttpRunner]:
    """Make a runner, and close its connections at the end."""
    pool = Pool()
    try:
        yield HttpRunner(
            resolve({"bearer_token": KEY, "base_url": url, **options}, {}),
            pool,
            lanes(limits or Limits()),
            clock or FakeClock(),
            counters or Counters(),
        )
    finally:
        await pool.close()


def attempt(
    url: str,
    *,
    total_s: float | None = 5.0,
    connect_s: float | None = 5.0,
    max_bytes: int = 1000,
) -> Attempt:
    """Return an attempt to read from a server."""
    return Attempt(
        method="GET",
        url=URL(url),
        headers={},
        body=None,
        total_s=total_s,
        idle_s=total_s,
        connect_s=connect_s,
        max_bytes=max_bytes,
    )
