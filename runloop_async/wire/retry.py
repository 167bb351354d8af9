"""Whether and when a failed attempt is made again: the decision, without a clock.

A failure is one of four kinds. *Unsent*: provably nothing reached the server, so any
request may go again. *Throttle*: 429, or 503 with a time to wait; any request may go
again, after that time. *Transient*: 408, a status from 500 on but 501 and 505, or a
lost connection; only a safe request may go again, since another may have been carried
out. All else is final. The server's `x-should-retry` is obeyed when it says no; when it
says yes, that makes a final status transient, and overrides no bound.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

import attrs

from runloop_async.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITLSError,
    ProtocolError,
    ProxyError,
    RedirectError,
)
from runloop_async.options import RetryPolicy
from runloop_async.wire.request import Safety

_THROTTLE = 429
_UNAVAILABLE = 503
_TIMEOUT = 408
_FINAL = frozenset({501, 505})
"""Of the statuses from 500 on, those that no repetition changes."""
_HOPELESS = APITLSError | ProtocolError | ProxyError | RedirectError
"""Connection errors that no repetition changes."""
_DECIMAL = re.compile(r"[ \t]*[0-9]{1,12}(\.[0-9]{0,12})?[ \t]*").fullmatch
_SPREAD = 1.5
"""Over how many times the first backoff calls that were throttled come back: a server
that names a time names the same to all."""
BELIEVABLE_S = 366 * 86_400.0
"""A longer `retry-after` is not believed."""


@attrs.frozen
class Wait:
    """Make the attempt again after some seconds."""

    delay_s: float


@attrs.frozen
class Stop:
    """Do not try again: the failure is the result."""

    ambiguous: bool = False
    """Whether a write may have been carried out."""
    out_of_time: bool = False
    """Whether it would be tried again, were the deadline not too near."""
    exhausted: bool = False
    """Whether it would be tried again, were there retries left."""


def decide(
    error: APIError,
    *,
    policy: RetryPolicy,
    safety: Safety,
    attempt: int,
    dice: float,
    left_s: float = math.inf,
) -> Wait | Stop:
    """Decide what follows a failed attempt.

    Args:
        error: What the attempt failed with.
        policy: The bounds on retries.
        safety: Whether the request may be carried out twice.
        attempt: How many attempts count as failures, this one included.
        dice: A random number from 0 to 1, which spreads the retries of many calls.
        left_s: Seconds until the deadline of the call.

    Returns:
        `Wait`, never past the deadline, or `Stop`.
    """
    final = Stop(ambiguous=is_ambiguous(error, safety))
    asked_s = _asked(error) or 0.0
    if asked_s > policy.retry_after_max or not worth_another(error, safety):
        return final
    if attempt > policy.max_retries:
        return attrs.evolve(final, exhausted=policy.max_retries > 0)
    delay_s = _delay(policy, attempt, dice, error)
    if delay_s > left_s:
        return attrs.evolve(final, out_of_time=True)
    return Wait(delay_s)


def _delay(policy: RetryPolicy, attempt: int, dice: float, error: APIError) -> float:
    """Return a fifth of the backoff to all of it, or what was asked and more.

    Very many calls may have failed at once: the wide range spreads them. What the
    server asked for is a lower bound, so jitter goes upward from there.
    """
    doublings = min(attempt - 1, 60)  # 2**60 is past any bound, and still a float
    backoff_s = min(policy.backoff * 2.0**doublings, policy.backoff_max)
    least_s, spread_s = 0.2 * backoff_s, 0.8 * backoff_s
    if is_throttle(error):
        spread_s = max(spread_s, min(_SPREAD * policy.backoff, policy.backoff_max))
    asked_s = _asked(error)
    if asked_s is not None:
        return asked_s + min(spread_s * dice, policy.backoff_max)
    return min(least_s + spread_s * dice, policy.backoff_max)


def _asked(error: APIError) -> float | None:
    return error.retry_after if isinstance(error, APIStatusError) else None


def worth_another(error: APIError, safety: Safety) -> bool:
    """Tell whether a failure may pass, and the request may be sent again."""
    safe = safety is not Safety.ONCE
    if isinstance(error, APIConnectionError):
        final = isinstance(error, _HOPELESS)
        return not final and error.phase != "deadline" and (safe or error.sent is False)
    if not isinstance(error, APIStatusError) or error.should_retry is False:
        return False
    transient = _may_pass(error.status_code) or error.should_retry is True
    return is_throttle(error) or (safe and transient)


def is_ambiguous(error: APIError, safety: Safety) -> bool:
    """Tell whether a request may have been carried out although it failed."""
    if safety is Safety.SAFE:
        return False
    if isinstance(error, APIConnectionError):
        return error.sent is not False
    if not isinstance(error, APIStatusError):
        return True  # it succeeded, and the response cannot be used
    if is_throttle(error):
        return False
    return _may_pass(error.status_code)


def is_throttle(error: APIError) -> bool:
    """Tell whether the server turned a request away without carrying it out."""
    if not isinstance(error, APIStatusError):
        return False
    status = error.status_code
    return status == _THROTTLE or (status == _UNAVAILABLE and bool(error.retry_after))


def is_transient(error: APIError) -> bool:
    """Tell whether a failure says that the service does not work at present."""
    if isinstance(error, APIConnectionError):
        return not isinstance(error, _HOPELESS)
    return isinstance(error, APIStatusError) and _may_pass(error.status_code)


def _may_pass(status: int) -> bool:
    return status == _TIMEOUT or (status >= 500 and status not in _FINAL)  # noqa: PLR2004 - the protocol's numbers


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return the seconds that the server asks to wait, if it names a usable time.

    `retry-after-ms` is read first, then `retry-after` as seconds or an HTTP date. What
    cannot be read, is not in the future or is not to be believed is passed over.

    Args:
        headers: The headers of the response.
        now: Unix seconds, to make a duration of a date.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    text = headers.get("retry-after", "")
    candidates = (
        None if milliseconds is None else milliseconds / 1000,
        _number(text),
        _until(text, now),
    )
    usable = (wait_s for wait_s in candidates if wait_s and 0 < wait_s < BELIEVABLE_S)
    return next(usable, None)


def _number(text: str) -> float | None:
    return float(text) if _DECIMAL(text) else None


def _until(date: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        # The asctime form names no zone; HTTP dates are in UTC whatever their form.
        return (
            moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        ).timestamp() - now
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
