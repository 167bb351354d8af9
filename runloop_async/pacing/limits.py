"""How many requests may be under way, and how many may be sent a second."""

from typing import Any, Protocol, runtime_checkable

import attrs

from runloop_async.errors import ConfigurationError
from runloop_async.options import count_field, whole_number
from runloop_async.values import plain_number


@runtime_checkable
class Permits(Protocol):
    """Gives permits to send requests, each for one request.

    Implement it to share a rate with other processes, as by a counter on a server that
    all of them ask, and give it as `Limits(rate=...)`.
    """

    @property
    def block(self) -> int:
        """How many permits to reserve at once; more make for fewer reservations."""
        ...

    async def reserve(self, n: int, /) -> float:
        """Reserve `n` permits; return the seconds until they are valid."""
        ...


def _number(value: object) -> int | None:
    return None if value is None else whole_number("api", value, least=1)


def _rate(value: Any) -> float | Permits | None:
    if value is None:
        return value
    if isinstance(value, type):
        raise ConfigurationError(f"rate must be an object, not the class {value!r}")
    if isinstance(value, Permits):
        whole_number("`block` of the permits", value.block, least=1)
        return value
    number = plain_number(value)
    if number is None or not 0 < number < float("inf"):
        raise ConfigurationError(
            "rate must be a number of requests a second above 0, or an object with "
            f"`block` and `reserve`, not {value!r}"
        )
    return float(number)


@attrs.frozen(kw_only=True)
class Limits:
    """How many requests of each workload may be under way at once, and how fast.

    By default the client finds out what the service sustains, by its responses: it
    opens as many connections as are of use, and holds back when it is throttled.

    | Use | |
    |---|---|
    | `Limits()` | Find both |
    | `Limits(api=20)` | At most 20 short calls at once |
    | `Limits(rate=100)` | At most 100 short calls a second |
    """

    api: int | None = attrs.field(default=None, converter=_number)
    """Short calls at once; by default as many as are of use, up to 1,000, or fewer
    where the process may not open that many files."""
    rate: float | Permits | None = attrs.field(default=None, converter=_rate)
    """Short calls a second, or what gives permits for them; no bound by default. A
    server that allows less is obeyed."""
    wait: int = count_field("wait", default=500, least=1)
    """Long polls, which hold a connection while nothing happens."""
    stream: int = count_field("stream", default=1000, least=1)
    """Streams of events, and terminals."""
    transfer: int = count_field("transfer", default=8, least=1)
    """Uploads, and as many downloads."""
