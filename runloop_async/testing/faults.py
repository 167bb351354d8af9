"""Faults that a test can order: plain values, and what each of them decides.

`Emulator.faults` takes them; the functions here make them:

    api.faults.add(status(503), path="/v1/benchmark_runs/*", share=0.05)
    api.faults.add(rate_limit(per_second=100))
"""

import email.utils
import math
import time
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import attrs
import msgspec

from runloop_async.testing.messages import (
    Answer,
    JsonValue,
    error_answer,
    json_answer,
)

Framing = Literal["length", "chunked", "close"]
"""How a body says where it ends: by its length, by a last chunk, by closing."""

_LEAST_STATUS: Final = 200
_MOST_STATUS: Final = 999
_WORDS: Final = {429: "rate_limited", 503: "unavailable"}


@attrs.frozen(kw_only=True)
class Status:
    """Answer with a status instead of doing what was asked."""

    code: int
    retry_after: float | str | None = None
    as_date: bool = False
    headers: dict[str, str] = attrs.field(factory=dict[str, str])
    body: JsonValue = None

    def answer(self) -> Answer:
        """Return the answer that stands for what was asked."""
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["retry-after"] = self._retry_after()
        if isinstance(self.body, bytes):
            return Answer(status=self.code, body=self.body, headers=headers)
        if self.body is not None:
            return json_answer(self.body, self.code, **headers)
        word = _WORDS.get(self.code, "fault")
        message = f"The emulator was told to answer {self.code}."
        return error_answer(self.code, word, message, **headers)

    def _retry_after(self) -> str:
        if isinstance(self.retry_after, str):
            return self.retry_after
        seconds = self.retry_after or 0.0
        if self.as_date:
            # a date has whole seconds: rounded up, for it must not lie too early
            when = math.ceil(time.time() + seconds)
            return email.utils.formatdate(when, usegmt=True)
        return f"{seconds:g}"


@attrs.frozen(kw_only=True)
class Delay:
    """Let the request wait before anything is done."""

    seconds: float


@attrs.frozen(kw_only=True)
class Reset:
    """Abort the connection instead of answering."""

    executed: bool


@attrs.frozen(kw_only=True)
class CutBody:
    """Send the head and a part of the body, then close the connection."""

    after: int | None
    framing: Framing

    def kept(self, body: bytes) -> bytes:
        """Return the part of `body` that is sent: never all of it."""
        after = len(body) // 2 if self.after is None else self.after
        return body[: min(after, len(body) - 1)] if body else body


@attrs.frozen(kw_only=True)
class Drip:
    """Send the body in pieces, with a rest before each."""

    seconds: float
    pieces: int

    def split(self, body: bytes) -> list[bytes]:
        """Return `body` in about equal pieces, none of them empty."""
        size = max(1, math.ceil(len(body) / self.pieces))
        return [body[at : at + size] for at in range(0, len(body), size)]


@attrs.frozen(kw_only=True)
class BadJson:
    """Answer with a body whose JSON breaks off, though its length is right."""

    def edit(self, body: bytes) -> bytes:
        """Return `body` without its last character."""
        return body[:-1]


@attrs.frozen(kw_only=True)
class WrongType:
    """Answer with one field of the wrong type."""

    field: str
    value: JsonValue

    def edit(self, body: bytes) -> bytes:
        """Return `body` with the field replaced; unchanged if it has no such field."""
        try:
            document = place = msgspec.json.decode(body)
            *way, last = self.field.split(".")
            for step in way:
                place = place[_key(place, step)]
            key = _key(place, last)
            place[key]
            place[key] = self.value
        except (ValueError, msgspec.MsgspecError, LookupError, TypeError):
            return body
        return msgspec.json.encode(document)


def _key(place: JsonValue, step: str) -> str | int:
    return int(step) if isinstance(place, list) else step


@attrs.frozen(kw_only=True)
class RateLimit:
    """Answer 429 to what exceeds a rate."""

    per_second: float
    burst: float
    window: float | None
    retry_after: bool

    def first(self, now_s: float) -> "Meter":
        """Return the state of a limit that nothing has been counted against."""
        return Meter(level=self.burst if self.window is None else 0.0, since_s=now_s)

    def take(self, meter: "Meter", now_s: float) -> tuple["Meter", float]:
        """Decide about one request.

        Returns:
            The state after it, and how many seconds it comes too early: 0 if it may go.
        """
        if self.window is None:
            return self._take_token(meter, now_s)
        return self._take_place(meter, now_s, self.window)

    def _take_token(self, meter: "Meter", now_s: float) -> tuple["Meter", float]:
        flown = (now_s - meter.since_s) * self.per_second
        tokens = min(self.burst, meter.level + flown)
        if tokens < 1:
            wait_s = (1 - tokens) / self.per_second
            return Meter(level=tokens, since_s=now_s), wait_s
        return Meter(level=tokens - 1, since_s=now_s), 0.0

    def _take_place(
        self, meter: "Meter", now_s: float, window_s: float
    ) -> tuple["Meter", float]:
        begun_s, used = meter.since_s, meter.level
        if now_s - begun_s >= window_s:
            begun_s, used = now_s - (now_s - begun_s) % window_s, 0.0
        if used + 1 > self.per_second * window_s:
            return Meter(level=used, since_s=begun_s), begun_s + window_s - now_s
        return Meter(level=used + 1, since_s=begun_s), 0.0

    def answer(self, wait_s: float) -> Answer:
        """Return the refusal of a request that came `wait_s` seconds too early."""
        # whole seconds, as HTTP wants them, and rounded up so as not to lie
        wait = max(1, math.ceil(wait_s)) if self.retry_after else None
        return Status(code=429, retry_after=wait).answer()


@attrs.frozen(kw_only=True)
class Meter:
    """What a rate limit has counted."""

    level: float
    """Tokens left in the bucket, or requests let through in the window."""
    since_s: float
    """When the level was right, or the window began."""


@attrs.frozen(kw_only=True)
class ConcurrencyLimit:
    """Answer 429 to what comes while enough is in flight."""

    most: int
    retry_after: float | None

    def answer(self) -> Answer:
        """Return the refusal."""
        return Status(code=429, retry_after=self.retry_after).answer()


Fault: TypeAlias = (
    Status
    | Delay
    | Reset
    | CutBody
    | Drip
    | BadJson
    | WrongType
    | RateLimit
    | ConcurrencyLimit
)
"""Anything that `Faults.add` takes."""


def status(
    code: int,
    *,
    retry_after: float | str | None = None,
    as_date: bool = False,
    headers: Mapping[str, str] | None = None,
    body: JsonValue = None,
) -> Status:
    """Answer with a status; the operation is not executed.

    Args:
        code: The HTTP status.
        retry_after: Seconds to name in `Retry-After`; a text is sent as it is.
        as_date: Whether to name these seconds as an HTTP date that far ahead.
        headers: More headers.
        body: Bytes to send as they are, or a value to send as JSON; without one, a
            JSON error.
    """
    if not _LEAST_STATUS <= code <= _MOST_STATUS:
        raise ValueError(
            f"code must be a final status, {_LEAST_STATUS} to {_MOST_STATUS}, "
            f"not {code!r}"
        )
    return Status(
        code=code,
        retry_after=retry_after,
        as_date=as_date,
        headers=dict(headers or {}),
        body=body,
    )


def delay(seconds: float) -> Delay:
    """Wait real seconds, then go on.

    The operation is executed even if the client has gone by then.
    """
    return Delay(seconds=_positive("seconds", seconds))


def reset(*, executed: bool = False) -> Reset:
    """Abort the connection with a TCP reset, before or after the operation is done."""
    return Reset(executed=executed)


def cut_body(after: int | None = None, *, framing: Framing = "length") -> CutBody:
    """Execute the operation, then close the connection in the middle of the answer.

    Args:
        after: Bytes of the body that are sent; half of them by default.
        framing: How the head says where the body would end. With `close` it does not,
            so that a client cannot tell a cut body from a whole one.
    """
    return CutBody(after=after, framing=framing)


def drip(seconds: float, *, pieces: int = 8) -> Drip:
    """Execute the operation and send the body in pieces, `seconds` before each."""
    if pieces < 1:
        raise ValueError(f"pieces must be at least 1, not {pieces!r}")
    return Drip(seconds=_positive("seconds", seconds), pieces=pieces)


def bad_json() -> BadJson:
    """Execute the operation and answer with JSON that breaks off."""
    return BadJson()


def wrong_type(field: str = "id", value: JsonValue = None) -> WrongType:
    """Execute the operation and answer with one field replaced.

    Args:
        field: The way to it: `score`, or `runs.3.id` within a page.
        value: What stands there instead: null by default.
    """
    return WrongType(field=field, value=value)


def rate_limit(
    per_second: float,
    *,
    burst: float | None = None,
    window: float | None = None,
    retry_after: bool = True,
) -> RateLimit:
    """Answer 429 above a rate; the operation is not executed.

    Args:
        per_second: Requests that are let through in the long run.
        burst: What a token bucket holds; a tenth of a second's worth by default.
        window: Seconds of a fixed window that stands in for the token bucket.
        retry_after: Whether the refusal names the seconds to wait, rounded up.
    """
    _positive("per_second", per_second)
    if window is not None:
        _positive("window", window)
    bucket = max(1.0, per_second / 10) if burst is None else _positive("burst", burst)
    return RateLimit(
        per_second=per_second, burst=bucket, window=window, retry_after=retry_after
    )


def concurrency_limit(
    most: int, *, retry_after: float | None = None
) -> ConcurrencyLimit:
    """Answer 429 while `most` requests that match are in flight."""
    if most < 1:
        raise ValueError(f"most must be at least 1, not {most!r}")
    return ConcurrencyLimit(most=most, retry_after=retry_after)


def _positive(name: str, value: float) -> float:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be a number above 0, not {value!r}")
    return value
