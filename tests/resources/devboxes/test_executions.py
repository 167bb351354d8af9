"""Commands: how long they are waited for, and what is known if that fails."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeVar

import attrs
import pytest
from msgspec.structs import replace

from runloop_async import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncRunloop,
    PollingConfig,
    PollingTimeout,
    Repeatable,
)
from runloop_async.annotations import override
from runloop_async.calls.runner import Sendable
from runloop_async.calls.tally import tallies
from runloop_async.models.devboxes.executions import DevboxAsyncExecutionDetailView
from runloop_async.options import RetryPolicy
from runloop_async.resources.devboxes.devboxes import Devboxes
from runloop_async.resources.devboxes.executions import Executions
from runloop_async.testing import Emulator, delay, reset, status
from runloop_async.wire.request import Safety, Workload
from tests.fakes import Recorder
from tests.resources.cases import Case, post
from tests.sends import KEY
from tests.testing.talk import until

T = TypeVar("T")
EXECUTION: Final[dict[str, Any]] = {
    "devbox_id": "dbx_1",
    "execution_id": "exe_1",
    "status": "running",
    "stdout": "so far",
}
ONE: Final = {"devbox_id": "dbx_1", "execution_id": "exe_1"}
ROUTE: Final = "/v1/devboxes/{devbox_id}/executions/{execution_id}/wait_for_status"
CASES = {
    "wait_for_status": Case[Executions](
        lambda r: r.wait_for_status("exe_1", devbox_id="dbx_1", statuses=["running"]),
        replace(
            post(ROUTE, {"statuses": ["running"]}, safety=Safety.SAFE, **ONE),
            workload=Workload.WAIT,
            timeout_s=30.0,
        ),
        EXECUTION,
        DevboxAsyncExecutionDetailView,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_method_makes_its_request(case: Case[Executions]) -> None:
    assert case.asked(Executions) == case.request
    assert await case.given(Executions) is case.gives


@attrs.define(kw_only=True)
class Service(Recorder):
    """Runs one command, and holds each question for as long as it is asked to."""

    lasts_s: float
    """Seconds that the command takes."""
    knows: bool = True
    """Whether it says that the command runs, instead of 408, when a hold is over."""
    asked: list[tuple[str, float, float]] = attrs.field(
        factory=list[tuple[str, float, float]]
    )
    """What was asked, when, and how long it was to be held."""
    command_ids: set[Any] = attrs.field(factory=set[Any])

    @override
    async def run(self, call: Sendable[T]) -> T:
        fields: dict[str, Any] = dict(call.request.json or {})
        name = call.request.path.rsplit("/", 1)[-1]
        hold_s = fields.get("optimistic_timeout", fields.get("timeout_seconds", 0))
        if hold_s > (call.options.get("deadline", self.deadline) or hold_s):
            raise APITimeoutError("too late", phase="deadline", sent=True)
        for tally in tallies():
            tally.requests += 1
        self.asked.append((name, self.clock.time_s, hold_s))
        if name == "execute":
            self.command_ids.add(fields["command_id"])
        held_s = min(hold_s, max(self.lasts_s - self.clock.time_s, 0.0))
        self.clock.time_s += held_s
        is_over = self.clock.time_s >= self.lasts_s
        state = {"status": "completed", "exit_status": 0} if is_over else {}
        not_yet = hold_s and not is_over and not self.knows
        self.answers = [(408, {}) if not_yet else (200, EXECUTION | state)]
        return await super().run(call)


async def awaited(
    devboxes: Devboxes, polling: PollingConfig | None, options: Any
) -> Any:
    wait = devboxes.executions.await_completed(
        "exe_1", devbox_id="dbx_1", polling_config=polling
    )
    return await wait.with_options(**options)


async def executed(
    devboxes: Devboxes, polling: PollingConfig | None, options: Any
) -> Any:
    flow = devboxes.execute_and_await_completion(
        "dbx_1", command="make", polling_config=polling
    )
    return await flow.with_options(**options)


async def ran(devboxes: Devboxes, polling: PollingConfig | None, options: Any) -> Any:
    box = devboxes.box("dbx_1")
    return await box.exec("make", polling_config=polling).with_options(**options)


async def began(devboxes: Devboxes, polling: PollingConfig | None, options: Any) -> Any:
    execution = await devboxes.box("dbx_1").start("make")
    return await execution.result(polling_config=polling).with_options(**options)


WAYS = {each.__name__: each for each in (awaited, executed, ran, began)}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
knows = pytest.mark.parametrize("knows", [True, False], ids=["running", "408"])


@ways
@knows
@pytest.mark.parametrize("by_option", [True, False], ids=["deadline", "polling_config"])
@pytest.mark.parametrize("bound_s", [0.4, 1, 3.7, 25, 61.2])
async def test_a_hold_is_no_longer_than_the_time_that_is_left(
    way: Any, knows: bool, by_option: bool, bound_s: float
) -> None:
    service = Service(lasts_s=1e6, knows=knows)
    polling = None if by_option else PollingConfig(timeout_seconds=bound_s)
    options = {"deadline": bound_s} if by_option else {}

    with pytest.raises(PollingTimeout, match=f"timed out after {bound_s:g} s") as late:
        await way(Devboxes(service), polling, options)

    assert all(hold <= max(bound_s - at, 1) for _, at, hold in service.asked)
    assert service.clock.time_s <= bound_s + 1
    assert len(service.command_ids) <= 1
    assert len(service.asked) < 8  # it does not ask without a pause at the end
    last: DevboxAsyncExecutionDetailView | None = late.value.last_value
    if last is None:
        assert not knows
        assert way in (executed, ran)
        assert late.value.__notes__ == ["a command on dbx_1 may still run"]
    else:
        assert (last.execution_id, last.stdout) == ("exe_1", "so far")


@ways
@knows
async def test_a_command_takes_as_long_as_it_takes(way: Any, knows: bool) -> None:
    service = Service(lasts_s=3 * 86_400.0, knows=knows)

    await way(Devboxes(service), None, {})

    assert service.clock.time_s == pytest.approx(3 * 86_400)
    assert len(service.command_ids) <= 1


@ways
@knows
async def test_the_deadline_of_the_client_is_not_that_of_a_wait(
    way: Any, knows: bool
) -> None:
    service = Service(lasts_s=300.0, knows=knows, deadline=20.0)

    await way(Devboxes(service), None, {})

    assert service.clock.time_s == pytest.approx(300)


async def test_an_optimistic_timeout_is_kept() -> None:
    service = Service(lasts_s=10.0)

    await Devboxes(service).execute_and_await_completion(
        "dbx_1", command="make", optimistic_timeout=3, command_id="mine"
    )

    assert [hold for _, _, hold in service.asked] == [3, 25]
    assert service.command_ids == {"mine"}


async def test_a_server_that_holds_for_too_long_is_asked_for_the_state() -> None:
    late = APITimeoutError("too late", phase="deadline", sent=True)
    recorder = Recorder(answers=[late, (200, EXECUTION)])

    with pytest.raises(PollingTimeout, match="last state: running"):
        await awaited(Devboxes(recorder), PollingConfig(timeout_seconds=1), {})


async def test_a_state_that_cannot_be_asked_for_is_no_other_error() -> None:
    recorder = Recorder(answers=[(408, {}), (408, {}), (404, {})])

    with pytest.raises(PollingTimeout, match="its state is not known"):
        await awaited(Devboxes(recorder), PollingConfig(timeout_seconds=1), {})


async def test_an_outage_ends_a_wait_without_an_end() -> None:
    lost = APIConnectionError("lost", phase="read")
    lost.out_of_time = True
    recorder = Recorder(answers=[(200, EXECUTION), lost])

    with pytest.raises(APIConnectionError):
        await awaited(Devboxes(recorder), None, {})

    assert [call.options.get("deadline") for call in recorder.calls] == [600.0, 600.0]


class Silent(Recorder):
    """A service that answers nothing: each question is cut at its deadline."""

    @override
    async def run(self, call: Sendable[T]) -> T:
        assert len(self.calls) < 5, "it asks for ever"
        self.clock.time_s += call.options.get("deadline") or 0.0
        return await super().run(call)


@pytest.mark.parametrize("use", ["command", "devbox"])
async def test_so_does_a_service_that_does_not_answer(use: str) -> None:
    late = APITimeoutError("late", phase="deadline", sent=True)
    late.out_of_time = True
    devboxes = Devboxes(Silent(answers=[late]))
    endless = PollingConfig(timeout_seconds=math.inf)
    waits = {
        "command": devboxes.executions.await_completed("exe_1", devbox_id="dbx_1"),
        "devbox": devboxes.await_running("dbx_1", polling_config=endless),
    }

    with pytest.raises(APITimeoutError):
        await waits.pop(use)
    for each in waits.values():
        each.close()


@pytest.fixture
async def client(api: Emulator) -> AsyncIterator[AsyncRunloop]:
    retry = RetryPolicy(backoff=0.001)
    async with AsyncRunloop(bearer_token=KEY, base_url=api.url, retry=retry) as made:
        yield made


async def test_a_408_of_execute_means_not_yet(
    api: Emulator, client: AsyncRunloop
) -> None:
    api.faults.add(status(408), path="*/execute", times=2)
    api.commands.add("make", stdout="made")

    done = await client.devboxes.box(api.devboxes.add()["id"]).exec("make")

    assert done.stdout == "made"


Use = Callable[[Any], Repeatable[Any]]
USES: Final[dict[str, Use]] = {
    "exec": lambda box: box.exec("sleep 90000"),
    "exec with output": lambda box: box.exec("sleep 90000", stdout=print),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
async def test_a_cancellation_names_what_may_still_run(
    use: Use, api: Emulator, client: AsyncRunloop, caplog: pytest.LogCaptureFixture
) -> None:
    box = client.devboxes.box(api.devboxes.add()["id"])
    task = asyncio.create_task(use(box))
    await until(lambda: api.stats.executions["devboxes.wait_for_command"] > 0)
    task.cancel()
    with caplog.at_level(logging.WARNING, "runloop_async"):
        await asyncio.wait([task])

    (said,) = [each.getMessage() for each in caplog.records]
    assert said.startswith("the execution ex")
    assert said.endswith("may still run")


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
async def test_so_does_a_cancellation_before_the_answer(
    use: Use, api: Emulator, client: AsyncRunloop, caplog: pytest.LogCaptureFixture
) -> None:
    api.faults.add(delay(100), method="POST")
    box = client.devboxes.box(api.devboxes.add()["id"])
    task = asyncio.create_task(use(box))
    await until(lambda: api.stats.in_flight > 0)
    task.cancel()
    with caplog.at_level(logging.WARNING, "runloop_async"):
        await asyncio.wait([task])

    (said,) = [each.getMessage() for each in caplog.records]
    assert said.startswith(f"a command on {box.id} may")


async def test_a_command_that_was_refused_is_not_said_to_run(
    client: AsyncRunloop,
) -> None:
    for use in USES.values():
        with pytest.raises(APIStatusError) as caught:
            await use(client.devboxes.box("dbx_unknown"))
        assert not hasattr(caught.value, "__notes__")


async def test_a_lost_answer_says_that_the_command_may_run(
    api: Emulator, client: AsyncRunloop
) -> None:
    api.faults.add(reset(executed=True), method="POST")
    box = client.devboxes.box(api.devboxes.add()["id"])
    for use in USES.values():
        with pytest.raises(APIConnectionError) as caught:
            await use(box)
        assert caught.value.__notes__[0].startswith(f"a command on {box.id} may")
