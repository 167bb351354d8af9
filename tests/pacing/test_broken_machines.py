"""A machine of pacing that fails costs no call: neither its result nor its turn."""

import asyncio

import pytest

from runloop_async.pacing import Concurrency, Governor, Pace, RetryBudget
from runloop_async.pacing.gate import Gate
from runloop_async.pacing.limits import Limits
from tests.fakes import FakeClock
from tests.simulation import GET, Caller, Service, Window, simulated

MACHINES = {
    "a pace that does not say when": (Pace, "next"),
    "a pace that is not told who leaves": (Pace, "admitted"),
    "a pace that does not take answers": (Pace, "answered"),
    "a pace that does not take refusals": (Pace, "throttled"),
    "a pace without a rate": (Pace, "rate"),
    "concurrency that does not take answers": (Concurrency, "answered"),
    "concurrency that does not take refusals": (Concurrency, "throttled"),
    "concurrency that does not grow": (Concurrency, "ramp"),
    "concurrency that does not try": (Concurrency, "_try_more"),
    "a budget that does not take answers": (RetryBudget, "answered"),
    "a budget that does not take failures": (RetryBudget, "failed"),
    "a budget that is not asked": (RetryBudget, "asked"),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_ends_whatever_breaks(
    machine: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With refusals, an outage, a pause, and calls that wait all the while."""
    owner, name = MACHINES[machine]
    broken_since = 1.0
    original = getattr(owner, name)

    def breaks(*args: object, **kwargs: object) -> object:
        if asyncio.get_running_loop().time() >= broken_since:
            raise ZeroDivisionError(machine)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, breaks)
    service = Service(
        bound=Window(150), service_s=0.05, fails=lambda at: 5.0 <= at < 5.5
    )
    caller = Caller(service, limits=Limits())

    async def main() -> None:
        calls = [asyncio.ensure_future(caller.call()) for _ in range(1_500)]
        await asyncio.wait(calls, timeout=300)
        assert all(call.done() for call in calls)
        assert [call.exception() for call in calls if call.exception()] == []
        await asyncio.sleep(20)
        await caller.gather(20)
        assert caller.lane.stats().rate != 0.0

    simulated(main())

    gate = caller.lane.gate
    assert len(caller.done) + len(caller.failures) == 1_520
    assert gate.governor.concurrency.in_flight == 0
    assert gate.governor.concurrency.waiting == gate.queued == 0
    assert sum("fixed bounds" in each.message for each in caplog.records) <= 1
    assert gate.governor.is_frozen == bool(caplog.records)


def test_a_turn_that_was_counted_is_not_counted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    governor = Governor(Concurrency(5, is_fixed=True), RetryBudget())
    governor.pace = Pace(0.0, 10.0, is_limit=True)

    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Pace, "admitted", breaks)
    governor.admitted(0.0, GET, is_retry=True)

    assert governor.concurrency.in_flight == 1
    governor.left(0.0, is_retry=True)
    assert governor.concurrency.in_flight == 0
    assert governor.budget.allows


def test_what_breaks_again_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    governor = Governor(Concurrency(5), RetryBudget())
    governor.pace = Pace(0.0, 10.0, is_limit=True)

    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Pace, "rate", breaks)
    monkeypatch.setattr(Concurrency, "ramp", breaks)

    assert governor.rate(1.0) is None
    governor.ramp(1.0)

    assert governor.is_frozen
    assert len(caplog.records) == 1


async def test_calls_that_were_held_leave_once_nothing_is_learned_any_more() -> None:
    gate = Gate(Governor(Concurrency(5, is_fixed=True), RetryBudget()), FakeClock())
    gate.governor.held[GET] = 500.0
    held = gate.join(GET, again=True)

    gate.governor.freeze()
    gate.pump(0.0)

    assert held.done()
