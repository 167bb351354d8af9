"""What a lane learns decides when requests leave, and never what becomes of a call."""

import errno

import pytest

from runloop_async.errors import APIConnectionError, RateLimitError
from runloop_async.pacing import Concurrency
from runloop_async.pacing.limits import Limits
from runloop_async.sending.lanes import Lane, lanes
from runloop_async.wire.request import Workload
from tests.fakes import FakeClock
from tests.sends import attempt


def lane_of(clock: FakeClock) -> Lane:
    return lanes(Limits(api=5), clock)[Workload.API]


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError


async def test_a_frozen_lane_learns_nothing(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lane, asked = lane_of(clock), attempt("http://localhost")
    assert await lane.enter(asked)
    monkeypatch.setattr(Concurrency, "throttled", broken)
    monkeypatch.setattr(Concurrency, "answered", broken)

    for _ in range(3):
        lane.failed(asked, RateLimitError("no", status_code=429))
        lane.succeeded(asked)
    lane.leave(asked)

    assert len(caplog.records) == 1
    assert lane.stats().in_flight == 0


async def test_a_success_that_cannot_be_learned_from_is_one(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lane, asked = lane_of(clock), attempt("http://localhost")
    assert await lane.enter(asked)
    monkeypatch.setattr(Concurrency, "answered", broken)

    lane.succeeded(asked)

    assert len(caplog.records) == 1


def out_of_files() -> APIConnectionError:
    error = APIConnectionError("could not connect", phase="connect", sent=False)
    error.__cause__ = OSError(errno.EMFILE, "Too many open files")
    return error


async def test_files_that_run_out_are_no_failure_of_the_service(
    clock: FakeClock,
) -> None:
    ways = lanes(Limits(api=5, wait=5), clock)
    lane, polls = ways[Workload.API], ways[Workload.WAIT]
    asked = [attempt("http://localhost") for _ in range(3)]
    for each in asked:
        assert await lane.enter(each)
        each.begin()

    lane.failed(asked[0], out_of_files())
    lane.leave(asked[0])

    assert lane.gate.governor.budget.is_down is False
    assert (asked[0].is_throttled, asked[0].charged) == (True, 1)
    # Two connections are all that there can be, for all lanes together.
    assert lane.gate.governor.next(clock.now(), "GET /a") > clock.now()
    assert polls.gate.governor.next(clock.now(), "GET /a") > clock.now()
    assert lane.gate.governor.next(clock.now() + 1, "GET /a") <= clock.now() + 1
