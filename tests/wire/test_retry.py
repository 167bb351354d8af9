import math

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runloop_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    APITLSError,
    Phase,
    ProxyError,
    RedirectError,
    ResponseTooLargeError,
    TruncatedBodyError,
)
from runloop_async.options import RetryPolicy
from runloop_async.wire.request import Safety
from runloop_async.wire.retry import Stop, Wait, decide

SAFE, ONCE = Safety.SAFE, Safety.ONCE
POLICY = RetryPolicy()
CLEAR, AMBIGUOUS = Stop(ambiguous=False), Stop(ambiguous=True)


def status(
    code: int, *, after: float | None = None, should: bool | None = None
) -> APIStatusError:
    return APIStatusError.class_for(code)(
        f"HTTP {code}", status_code=code, retry_after=after, should_retry=should
    )


def refused() -> APIConnectionError:
    return APIConnectionError("refused", phase="connect", sent=False)


def lost(*, sent: bool | None = None) -> APIConnectionError:
    return APIConnectionError("lost", phase="read", sent=sent)


def decided(
    error: APIError,
    safety: Safety = SAFE,
    policy: RetryPolicy = POLICY,
    attempt: int = 1,
    left_s: float = math.inf,
) -> Wait | Stop:
    return decide(
        error, policy=policy, safety=safety, attempt=attempt, dice=0.5, left_s=left_s
    )


@pytest.mark.parametrize("safety", Safety)
@pytest.mark.parametrize(
    "error",
    [
        refused(),
        APITimeoutError("slow", phase="connect", sent=False),
        status(429),
        status(429, after=2.0),
        status(429, should=True),
        status(503, after=2.0),
    ],
    ids=repr,
)
def test_what_was_never_carried_out_goes_again(error: APIError, safety: Safety) -> None:
    assert isinstance(decided(error, safety), Wait)


@pytest.mark.parametrize(
    "error",
    [
        lost(sent=True),
        lost(sent=None),
        APITimeoutError("slow", phase="read", sent=True),
        TruncatedBodyError("cut", phase="read", sent=True),
        *(status(code) for code in (408, 500, 502, 503, 504)),
    ],
    ids=repr,
)
def test_what_may_have_been_carried_out_goes_again_only_if_safe(
    error: APIError,
) -> None:
    assert isinstance(decided(error, SAFE), Wait)
    assert decided(error, ONCE) == AMBIGUOUS


@pytest.mark.parametrize("safety", Safety)
@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 418, 422, 501, 505])
def test_a_final_status_is_the_answer(code: int, safety: Safety) -> None:
    assert decided(status(code), safety) == CLEAR


@pytest.mark.parametrize(
    "error",
    [
        APITLSError("not trusted", phase="connect", sent=False),
        ProxyError("not let through", phase="proxy", sent=False),
        RedirectError("elsewhere", phase="read", sent=True),
        APITimeoutError("late", phase="deadline", sent=True),
        APIResponseValidationError("odd"),
        ResponseTooLargeError("large"),
    ],
    ids=repr,
)
def test_a_failure_that_would_only_be_repeated_is_final(error: APIError) -> None:
    assert decided(error, SAFE) == CLEAR


@pytest.mark.parametrize(
    "error", [APIResponseValidationError("odd"), ResponseTooLargeError("large")]
)
def test_a_write_with_a_response_that_cannot_be_used_is_ambiguous(
    error: APIError,
) -> None:
    assert decided(error, ONCE) == AMBIGUOUS


def test_a_write_that_met_a_redirect_is_ambiguous() -> None:
    error = RedirectError("elsewhere", phase="read", sent=True)

    assert decided(error, ONCE) == AMBIGUOUS


@pytest.mark.parametrize("kind", [APITLSError, ProxyError])
def test_a_write_that_never_got_to_the_server_was_not_carried_out(
    kind: type[APIConnectionError],
) -> None:
    error = kind("not let through", phase="connect", sent=False)

    assert decided(error, ONCE) == CLEAR


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_server_that_says_no_is_obeyed(code: int) -> None:
    error = status(code, after=1.0, should=False)

    assert decided(error, SAFE) == CLEAR


@pytest.mark.parametrize("code", [400, 409, 501])
def test_a_server_that_says_yes_makes_a_final_status_transient(code: int) -> None:
    error = status(code, should=True)

    assert isinstance(decided(error, SAFE), Wait)
    assert isinstance(decided(error, ONCE), Stop)


def test_a_server_that_says_yes_overrides_no_bound() -> None:
    error = status(500, should=True)

    assert isinstance(decided(error, attempt=7), Stop)
    assert isinstance(decided(error, left_s=0.1), Stop)
    assert isinstance(decided(error, ONCE), Stop)


@pytest.mark.parametrize(("attempt", "again"), [(1, True), (2, True), (3, False)])
def test_attempts_are_counted(attempt: int, again: bool) -> None:
    verdict = decided(refused(), policy=RetryPolicy(max_retries=2), attempt=attempt)

    assert isinstance(verdict, Wait) is again


def test_a_policy_without_retries_makes_one_attempt() -> None:
    assert decided(refused(), policy=RetryPolicy(max_retries=0)) == CLEAR


def test_a_spent_retry_of_a_write_is_told_from_an_ambiguous_one() -> None:
    once = RetryPolicy(max_retries=0)

    assert decided(refused(), ONCE, once) == CLEAR
    assert decided(status(429), ONCE, once) == CLEAR
    assert decided(lost(), ONCE, once) == AMBIGUOUS


@pytest.mark.parametrize("code", [429, 503])
def test_a_throttled_write_that_may_not_wait_was_not_carried_out(code: int) -> None:
    verdict = decided(status(code, after=POLICY.retry_after_max + 1), ONCE)

    assert verdict == CLEAR


@pytest.mark.parametrize(
    ("attempt", "delay_s"), [(1, 0.3), (2, 0.6), (3, 1.2), (6, 9.6), (99, 9.6)]
)
def test_waits_double_up_to_the_longest(attempt: int, delay_s: float) -> None:
    verdict = decided(refused(), policy=RetryPolicy(max_retries=2_000), attempt=attempt)

    assert isinstance(verdict, Wait)
    assert verdict.delay_s == pytest.approx(delay_s)


def test_very_many_attempts_are_no_overflow() -> None:
    policy = RetryPolicy(max_retries=10**9, backoff=1e300)

    verdict = decided(refused(), policy=policy, attempt=10**9)

    assert isinstance(verdict, Wait)
    assert verdict.delay_s == pytest.approx(9.6)


def test_jitter_goes_upward_from_what_the_server_asked() -> None:
    waits = [
        decide(
            status(429, after=10.0), policy=POLICY, safety=ONCE, attempt=1, dice=dice
        )
        for dice in (0.0, 0.5, 1.0)
    ]

    assert waits == [Wait(10.0), Wait(10.375), Wait(10.75)]


def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    policy = RetryPolicy(retry_after_max=60.0)

    assert isinstance(decided(status(429, after=60.0), policy=policy), Wait)
    assert isinstance(decided(status(429, after=60.1), policy=policy), Stop)


def test_decide_stops_when_the_wait_would_pass_the_deadline() -> None:
    assert isinstance(decided(refused(), left_s=0.301), Wait)
    assert decided(refused(), left_s=0.299) == attrs.evolve(CLEAR, out_of_time=True)
    assert decided(lost(), ONCE, left_s=0.0) == AMBIGUOUS


CODES = [400, 408, 409, 429, 500, 501, 502, 503, 504]
KINDS = [APIConnectionError, APITimeoutError, TruncatedBodyError, ProxyError]
PHASES: list[Phase] = ["connect", "proxy", "write", "read", "total", "deadline"]


@st.composite
def failures(draw: st.DrawFn) -> APIStatusError | APIConnectionError:
    flag = draw(st.none() | st.booleans())
    if draw(st.booleans()):
        after = draw(st.none() | st.floats(1e-6, 1e4))
        return status(draw(st.sampled_from(CODES)), after=after, should=flag)
    kind = draw(st.sampled_from(KINDS))
    return kind("lost", phase=draw(st.sampled_from(PHASES)), sent=flag)


POLICIES = st.builds(
    RetryPolicy,
    max_retries=st.integers(0, 100),
    backoff=st.floats(0.001, 1e6),
    backoff_max=st.floats(0.001, 1e6),
    retry_after_max=st.floats(0.001, 1e6),
)


@given(
    error=failures(),
    policy=POLICIES,
    attempt=st.integers(1, 101),
    dice=st.floats(0, 1),
    left_s=st.floats(0, 1e6) | st.just(math.inf),
)
def test_no_wait_ever_breaks_a_bound(
    error: APIStatusError | APIConnectionError,
    policy: RetryPolicy,
    attempt: int,
    dice: float,
    left_s: float,
) -> None:
    verdict = decide(
        error, policy=policy, safety=SAFE, attempt=attempt, dice=dice, left_s=left_s
    )

    if isinstance(verdict, Wait):
        asked_s = getattr(error, "retry_after", None) or 0.0
        assert attempt <= policy.max_retries
        assert asked_s <= policy.retry_after_max
        assert 0 < verdict.delay_s <= left_s
        assert asked_s <= verdict.delay_s <= asked_s + policy.backoff_max


@given(error=failures())
def test_a_write_that_may_have_been_carried_out_never_goes_again(
    error: APIStatusError | APIConnectionError,
) -> None:
    verdict = decided(error, ONCE)

    if isinstance(verdict, Wait):
        unsent = isinstance(error, APIConnectionError) and error.sent is False
        throttled = isinstance(error, APIStatusError) and (
            error.status_code == 429
            or (error.status_code == 503 and error.retry_after is not None)
        )
        assert unsent or throttled


@given(error=failures(), attempt=st.integers(1, 10))
def test_a_read_is_never_ambiguous(
    error: APIStatusError | APIConnectionError, attempt: int
) -> None:
    assert decided(error, SAFE, attempt=attempt) != AMBIGUOUS
