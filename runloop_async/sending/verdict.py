"""What follows a failed attempt, by the options of its client and of its call."""

from typing import Any

import attrs

from runloop_async.calls.runner import Sendable
from runloop_async.clock import Clock
from runloop_async.errors import APIError
from runloop_async.options import RetryPolicy
from runloop_async.sending.outgoing import Attempt
from runloop_async.wire.request import Request, Safety
from runloop_async.wire.retry import BELIEVABLE_S, Stop, Wait, decide


def verdict_on(
    error: APIError,
    call: Sendable[Any],
    attempt: Attempt,
    policy: RetryPolicy,
    clock: Clock,
) -> Wait | Stop:
    """Decide what follows a failed attempt.

    Args:
        error: What it failed with.
        call: What it was an attempt of.
        attempt: How far it came.
        policy: The client's bounds on retries.
        clock: Time and chance.
    """
    request = call.request
    if (max_retries := call.options.get("max_retries")) is not None:
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
        dice=clock.random(),
        left_s=attempt.ends_s - clock.now(),
    )


def mark(
    error: APIError,
    request: Request,
    attempt: Attempt,
    verdict: Wait | Stop,
    now: float,
) -> None:
    """Put on an error what is known of the call."""
    error.method = request.method
    error.route = request.route
    error.attempts = attempt.number
    error.elapsed_s = now - attempt.began_s
    if isinstance(verdict, Stop):
        error.ambiguous = verdict.ambiguous
        error.out_of_time = verdict.out_of_time
        error.exhausted = verdict.exhausted


def may_be_done(request: Request, attempt: Attempt) -> bool:
    """Tell whether a write may be carried out although its attempt was cut off."""
    return request.safety is not Safety.SAFE and attempt.was_sent is not False
