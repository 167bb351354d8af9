"""Waits: each has a bound by default, which its docstring and the docs state."""

import inspect
import math
import re
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, TypeVar

import attrs
import pytest

from runloop_async import (
    AsyncRunloop,
    ConfigurationError,
    PollingConfig,
    PollingTimeout,
)
from runloop_async.annotations import override
from runloop_async.calls.runner import Sendable
from runloop_async.resources.benchmark_jobs import BenchmarkJobs
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.resources.blueprints import Blueprints
from runloop_async.resources.devboxes import Devbox, Devboxes
from runloop_async.resources.scenarios.scenarios import Scenarios
from tests import surface
from tests.fakes import Recorder
from tests.samples import DEVBOX, JOB, page, run, scenario_run

T = TypeVar("T")
DOCS: Final = (Path(__file__).parents[2] / "docs/options.md").read_text()
BLUEPRINT: Final[dict[str, object]] = {
    "id": "b",
    "create_time_ms": 0,
    "name": "b",
    "parameters": {"name": "b"},
    "state": "created",
    "status": "building",
}
SNAPSHOT: Final[dict[str, object]] = {
    "id": "s",
    "create_time_ms": 0,
    "metadata": {},
    "source_devbox_id": "d",
}
# What is sent to a path, by the first of these that is in it.
ANSWERS: Final[Mapping[str, Any]] = {
    "suspend": DEVBOX | {"status": "suspending"},
    "execut": {"devbox_id": "d", "execution_id": "e", "status": "running"},
    "snapshot_disk": SNAPSHOT,
    "disk_snapshots": {"status": "in_progress"},
    "shutdown": DEVBOX,
    "sleepy": DEVBOX | {"status": "suspending"},
    "devboxes": DEVBOX | {"status": "provisioning"},
    "blueprints": BLUEPRINT,
    "benchmark_jobs": JOB,
    "benchmark_runs/": run(),
    "benchmark_runs": page("runs", run()),
    "scenarios": scenario_run(state="scoring"),
}
DEVBOX_S: Final = ("10 minutes", 600.0)
HOUR: Final = ("an hour", 3600.0)
DAY: Final = ("24 hours", 86_400.0)
NEVER: Final = ("no limit", math.inf)
# Each wait: its arguments, and how long it waits by default.
WAITS: Final[Mapping[str, tuple[Mapping[str, Any], tuple[str, float]]]] = {
    "box.exec": ({"command": "ls"}, NEVER),
    "execution.result": ({}, NEVER),
    "devboxes.execute_and_await_completion": (
        {"devbox_id": "d", "command": "ls"},
        NEVER,
    ),
    "devboxes.executions.await_completed": (
        {"execution_id": "e", "devbox_id": "d"},
        NEVER,
    ),
    "devboxes.open": ({}, DEVBOX_S),
    "devboxes.create_and_await_running": ({}, DEVBOX_S),
    "devboxes.await_running": ({"id": "d"}, DEVBOX_S),
    "devboxes.await_suspended": ({"id": "sleepy"}, DEVBOX_S),
    "box.suspend": ({}, DEVBOX_S),
    "box.resume": ({}, DEVBOX_S),
    "scenarios.start_run_and_await_env_ready": ({"scenario_id": "s"}, DEVBOX_S),
    "box.snapshot": ({}, DEVBOX_S),
    "devboxes.disk_snapshots.await_completed": ({"id": "s"}, DEVBOX_S),
    "blueprints.create_and_await_build_complete": ({"name": "b"}, HOUR),
    "blueprints.await_build_complete": ({"id": "b"}, HOUR),
    "scenarios.runs.score_and_await": ({"id": "r"}, HOUR),
    "scenarios.runs.score_and_complete": ({"id": "r"}, HOUR),
    "scenarios.runs.await_scored": ({"id": "r"}, HOUR),
    "benchmark_runs.wait": ({"id": "bmr_1"}, DAY),
    "benchmark_runs.wait_many": ({"ids": ["bmr_1"]}, DAY),
    "benchmark_jobs.wait": ({"id": "bmj_1"}, DAY),
}
waits = pytest.mark.parametrize("name", WAITS)


@attrs.define
class Going(Recorder):
    """A service whose things go on, most of them for ever."""

    ends_after_s: float = math.inf

    @override
    async def run(self, call: Sendable[T]) -> T:
        path = call.request.path
        (name, *_) = [each for each in ANSWERS if each in path]
        answer = ANSWERS[name]
        if name == "execut" and self.clock.time_s >= self.ends_after_s:
            answer = answer | {"status": "completed"}
        self.answers = [(200, answer)]
        return await super().run(call)


def method(name: str, recorder: Recorder) -> Any:
    devboxes = Devboxes(recorder)
    box = devboxes.box("sleepy" if name == "box.suspend" else "d")
    groups = SimpleNamespace(
        benchmark_jobs=BenchmarkJobs(recorder),
        benchmark_runs=BenchmarkRuns(recorder),
        blueprints=Blueprints(recorder),
        box=box,
        devboxes=devboxes,
        execution=box.execution("e"),
        scenarios=Scenarios(recorder),
    )
    return attrgetter(name)(groups)


async def waited(name: str, recorder: Recorder, **more: Any) -> None:
    waiting = method(name, recorder)(**WAITS[name][0], **more)
    if name == "devboxes.open":
        async with waiting:
            raise AssertionError
    await waiting


@waits
async def test_a_wait_ends_by_default_after_some_time(name: str) -> None:
    seconds = WAITS[name][1][1]
    recorder = Going(ends_after_s=3 * 86_400.0)
    if seconds == math.inf:
        await waited(name, recorder)
        assert recorder.clock.time_s >= recorder.ends_after_s
        return

    with pytest.raises(PollingTimeout, match=f"timed out after {seconds:g} s ") as late:
        await waited(name, recorder)

    assert recorder.clock.time_s == pytest.approx(seconds)
    assert late.value.last_value is not None


@waits
async def test_it_ends_as_it_is_told(name: str) -> None:
    recorder = Going()

    with pytest.raises(PollingTimeout, match="timed out after 7 s "):
        await waited(name, recorder, polling_config=PollingConfig(timeout_seconds=7))

    assert recorder.clock.time_s == pytest.approx(7)


@waits
def test_its_docstring_says_so(name: str) -> None:
    told = WAITS[name][1][0]

    text = re.sub(r"\s+", " ", inspect.getdoc(method(name, Recorder())) or "")

    bound = "of which there is none by default" if told == "no limit" else told
    assert f"by the deadline, {bound}" in text.replace("by default after ", "")


def test_so_do_the_docs() -> None:
    table = DOCS.split("## Waits")[1].split("\n## ")[0]
    told = {
        name: default
        for names, default in re.findall(r"\| (`.*`) \| (.*) \|", table)
        for name in re.findall(r"`(.*?)`", names)
    }

    assert told == {name: default for name, (_, (default, _)) in WAITS.items()}


def test_there_is_no_other_wait() -> None:
    client = AsyncRunloop(bearer_token="none")
    found = {
        f"{group}.{name}"
        for group, resource in surface.groups(client)
        for name, each in inspect.getmembers(resource, inspect.ismethod)
        if "polling_config" in inspect.signature(each).parameters
        if not name.startswith("_")
    }
    of_box = {
        f"box.{name}"
        for name, each in inspect.getmembers(Devbox, inspect.isfunction)
        if "polling_config" in inspect.signature(each).parameters
    }

    assert found | of_box | {"execution.result"} == WAITS.keys()


@pytest.mark.parametrize("wrong", [-1, 0, math.nan, -math.inf, "1"])
def test_a_bound_is_a_number_or_infinite(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout_seconds must be"):
        PollingConfig(timeout_seconds=wrong)

    assert PollingConfig(timeout_seconds=math.inf).deadline_s == math.inf
