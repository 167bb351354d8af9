"""Counting requests: of a client, and of any work within a context."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import attrs


@attrs.define(kw_only=True)
class Tally:
    """Running numbers; whoever sends requests adds to them."""

    requests: int = 0
    """Attempts that were sent, retries included."""
    retries: int = 0
    """Attempts after the first of a call."""
    throttled: int = 0
    """Attempts that the service turned away with 429, or 503 and a time to wait."""
    unreadable: int = 0
    """Items of pages that could not be read, and were left out."""
    bytes: int = 0
    """Bytes of the bodies of responses, decompressed."""


_TALLIES: ContextVar[tuple[Tally, ...]] = ContextVar("tallies", default=())


tallies: Final = _TALLIES.get
"""Return those that count in the present context, beside the client's own."""


@contextmanager
def counting(tally: Tally) -> Generator[None]:
    """Count what is sent within this block, and in tasks that are made in it."""
    token = _TALLIES.set((*_TALLIES.get(), tally))
    try:
        yield
    finally:
        _TALLIES.reset(token)
