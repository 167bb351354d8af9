"""Each write of the API with its answer lost once.

Where a repetition, or a look, tells that the work was done, the caller sees a success.
Elsewhere the error says that it may have been done, and nothing is sent again.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs
import pytest

from runloop_async import AsyncRunloop
from runloop_async.annotations import override
from runloop_async.calls.already import Write as Settling
from runloop_async.calls.runner import Sendable
from runloop_async.errors import (
    APIConnectionError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
)
from runloop_async.options import CallOptions, RetryPolicy
from runloop_async.resources.devboxes.devboxes import Devboxes
from runloop_async.testing import Emulator, Phases, reset, status
from tests.fakes import Recorder
from tests.sends import KEY
from tests.surface import ENDPOINTS
from tests.testing.examples import EVENT

T = TypeVar("T")
Write = Callable[[AsyncRunloop], Awaitable[Any]]


async def started(client: AsyncRunloop, verb: str, **fields: str) -> None:
    """Start a command that waits for text, and do something to it."""
    execution = await client.devboxes.execute_async("dbx", command="cat")
    method = getattr(client.devboxes.executions, verb)
    await method(execution.execution_id, devbox_id="dbx", **fields)


KNOWN: Final[dict[str, Write]] = {
    "agents.delete": lambda c: c.agents.delete("agt"),
    "axons.delete": lambda c: c.axons.delete("axn"),
    "axons.update": lambda c: c.axons.update("axn", metadata={"a": "b"}),
    "benchmark_runs.cancel": lambda c: c.benchmark_runs.cancel("bmr"),
    "benchmark_runs.complete": lambda c: c.benchmark_runs.complete("bmr"),
    "benchmarks.archive": lambda c: c.benchmarks.archive("bmd"),
    "benchmarks.runs.cancel": lambda c: c.benchmarks.runs.cancel("bmr"),
    "benchmarks.runs.complete": lambda c: c.benchmarks.runs.complete("bmr"),
    "benchmarks.unarchive": lambda c: c.benchmarks.unarchive("bmd"),
    "benchmarks.update": lambda c: c.benchmarks.update("bmd", name="n"),
    "benchmarks.update_scenarios": lambda c: c.benchmarks.update_scenarios(
        "bmd", scenarios_to_add=["scn"]
    ),
    "blueprints.delete": lambda c: c.blueprints.delete("bpt"),
    "blueprints.preview": lambda c: c.blueprints.preview(name="b"),
    "devboxes.create_pty_tunnel": lambda c: c.devboxes.create_pty_tunnel("dbx"),
    "devboxes.disk_snapshots.delete": lambda c: c.devboxes.disk_snapshots.delete("snp"),
    "devboxes.disk_snapshots.update": lambda c: c.devboxes.disk_snapshots.update(
        "snp", name="n"
    ),
    "devboxes.enable_tunnel": lambda c: c.devboxes.enable_tunnel("dbx"),
    "devboxes.execute": lambda c: c.devboxes.execute("dbx", command="ls"),
    "devboxes.executions.kill": lambda c: started(c, "kill"),
    "devboxes.keep_alive": lambda c: c.devboxes.keep_alive("dbx"),
    "devboxes.remove_tunnel": lambda c: c.devboxes.remove_tunnel("dbx"),
    "devboxes.resume": lambda c: c.devboxes.resume("dbx_suspended"),
    "devboxes.shutdown": lambda c: c.devboxes.shutdown("dbx"),
    "devboxes.suspend": lambda c: c.devboxes.suspend("dbx"),
    "devboxes.update": lambda c: c.devboxes.update("dbx", name="n"),
    "devboxes.upload_file": lambda c: c.devboxes.upload_file(
        "dbx", path="/a", file=b"x"
    ),
    "devboxes.write_file_contents": lambda c: c.devboxes.write_file_contents(
        "dbx", file_path="/a", contents="x"
    ),
    "gateway_configs.delete": lambda c: c.gateway_configs.delete("gwc"),
    "gateway_configs.update": lambda c: c.gateway_configs.update("gwc", name="n"),
    "mcp_configs.delete": lambda c: c.mcp_configs.delete("mcp"),
    "mcp_configs.update": lambda c: c.mcp_configs.update("mcp", name="n"),
    "network_policies.delete": lambda c: c.network_policies.delete("np"),
    "network_policies.update": lambda c: c.network_policies.update("np", name="n"),
    "objects.complete": lambda c: c.objects.complete("obj_uploading"),
    "objects.delete": lambda c: c.objects.delete("obj"),
    "scenarios.archive": lambda c: c.scenarios.archive("scn"),
    "scenarios.runs.cancel": lambda c: c.scenarios.runs.cancel("scr"),
    "scenarios.runs.complete": lambda c: c.scenarios.runs.complete("scr"),
    "scenarios.scorers.update": lambda c: c.scenarios.scorers.update(
        "sco", type="t", bash_script="true"
    ),
    "scenarios.unarchive": lambda c: c.scenarios.unarchive("scn"),
    "scenarios.update": lambda c: c.scenarios.update("scn", name="n"),
    "secrets.delete": lambda c: c.secrets.delete("SECRET"),
    "secrets.delete_by_id": lambda c: c.secrets.delete_by_id("sec"),
    "secrets.update": lambda c: c.secrets.update("SECRET", value="v"),
    "secrets.update_by_id": lambda c: c.secrets.update_by_id("sec", value="v"),
}
UNKNOWN: Final[dict[str, Write]] = {
    "agents.create": lambda c: c.agents.create(name="a"),
    "apikeys.create": lambda c: c.apikeys.create(name="k"),
    "axons.create": lambda c: c.axons.create(),
    "axons.publish": lambda c: c.axons.publish("axn", **EVENT),
    "axons.sql.batch": lambda c: c.axons.sql.batch("axn", statements=[{"sql": "x"}]),
    "axons.sql.query": lambda c: c.axons.sql.query("axn", sql="select 1"),
    "benchmark_jobs.create": lambda c: c.benchmark_jobs.create(name="j"),
    "benchmarks.create": lambda c: c.benchmarks.create(name="n"),
    "benchmarks.start_run": lambda c: c.benchmarks.start_run(benchmark_id="bmd"),
    "blueprints.create": lambda c: c.blueprints.create(name="b"),
    "blueprints.create_from_inspection": lambda c: c.blueprints.create_from_inspection(
        name="b", inspection_source={"inspection_id": "i"}
    ),
    "devboxes.create": lambda c: c.devboxes.create(),
    "devboxes.create_and_await_running": lambda c: (
        c.devboxes.create_and_await_running()
    ),
    "devboxes.create_gateway_token": lambda c: c.devboxes.create_gateway_token(
        "dbx", gateway="gwc", secret="S"
    ),
    "devboxes.create_mcp_token": lambda c: c.devboxes.create_mcp_token(
        "dbx", mcp_config="mcp", secret="S"
    ),
    "devboxes.create_ssh_key": lambda c: c.devboxes.create_ssh_key("dbx"),
    "devboxes.execute_async": lambda c: c.devboxes.execute_async("dbx", command="ls"),
    "devboxes.execute_sync": lambda c: c.devboxes.execute_sync("dbx", command="ls"),
    "devboxes.executions.send_std_in": lambda c: started(c, "send_std_in", text="x"),
    "devboxes.snapshot_disk": lambda c: c.devboxes.snapshot_disk("dbx"),
    "devboxes.snapshot_disk_async": lambda c: c.devboxes.snapshot_disk_async("dbx"),
    "gateway_configs.create": lambda c: c.gateway_configs.create(
        name="n", endpoint="https://x", auth_mechanism={"type": "bearer"}
    ),
    "mcp_configs.create": lambda c: c.mcp_configs.create(
        name="n", endpoint="https://x", allowed_tools=["*"]
    ),
    "network_policies.create": lambda c: c.network_policies.create(name="n"),
    "objects.create": lambda c: c.objects.create(name="o", content_type="text"),
    "pty.control": lambda c: c.pty.control("t", action="close"),
    "restricted_keys.create": lambda c: c.restricted_keys.create(name="k"),
    "scenarios.create": lambda c: c.scenarios.create(
        name="n",
        input_context={"problem_statement": "p"},
        scoring_contract={"scoring_function_parameters": []},
    ),
    "scenarios.runs.score": lambda c: c.scenarios.runs.score("scr"),
    "scenarios.scorers.create": lambda c: c.scenarios.scorers.create(
        type="new", bash_script="true"
    ),
    "scenarios.start_run": lambda c: c.scenarios.start_run(scenario_id="scn"),
    "secrets.create": lambda c: c.secrets.create(name="S", value="v"),
}
READS: Final = {
    "benchmark_runs.download_logs",
    "benchmarks.runs.download_logs",
    "devboxes.download_file",
    "devboxes.read_file_contents",
    "devboxes.wait_for_command",
    "devboxes.wait_for_status",
    "scenarios.runs.download_logs",
}
"""What the API asks for by POST, though nothing changes."""


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    """Give an emulator that has one of each, under a known id."""
    async with Emulator(speed=1.0, phases=Phases(snapshot=0.0, boot=0.01)) as emulator:
        emulator.agents.add(id="agt")
        emulator.axons.add(id="axn")
        emulator.secrets.add(id="sec")
        emulator.network_policies.add(id="np")
        emulator.gateway_configs.add(id="gwc")
        emulator.mcp_configs.add(id="mcp")
        emulator.objects.add(b"abc", id="obj")
        emulator.objects.add(b"abc", id="obj_uploading", state="UPLOADING")
        emulator.blueprints.add(id="bpt")
        emulator.scenarios.add(id="scn")
        emulator.benchmarks.add(id="bmd", scenarioIds=["scn"])
        emulator.benchmark_runs.add(id="bmr", benchmark_id="bmd", state="running")
        emulator.devboxes.add(id="dbx")
        emulator.devboxes.add(id="dbx_suspended", status="suspended")
        emulator.disk_snapshots.add(id="snp")
        emulator.scenarios.scorers.add(id="sco", type="t", bash_script="true")
        emulator.scenarios.runs.add(id="scr", scenario_id="scn", state="running")
        emulator.commands.add("cat", reads_stdin=True)
        yield emulator


@pytest.fixture
async def client(api: Emulator) -> AsyncIterator[AsyncRunloop]:
    retry = RetryPolicy(backoff=0.001)
    async with AsyncRunloop(bearer_token=KEY, base_url=api.url, retry=retry) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("benchmark_runs.cancel", "benchmark_runs.complete"),
        ("devboxes.suspend", "devboxes.shutdown"),
        ("devboxes.enable_tunnel", "devboxes.suspend"),
        ("objects.complete", "objects.delete"),
    ],
)
async def test_a_refusal_of_what_was_not_done_is_raised(
    name: str, before: str, api: Emulator, client: AsyncRunloop
) -> None:
    """The first attempt fails unseen, and something else happens meanwhile."""
    if before == "objects.delete":
        await client.objects.delete("obj_uploading")
    else:
        await KNOWN[before](client)
    lose_one(api, name)

    with pytest.raises((BadRequestError, ConflictError)) as caught:
        await KNOWN[name](client)

    assert caught.value.is_repetition
    assert caught.value.attempts == 2


@pytest.mark.parametrize(
    "name", [name for name in KNOWN if ".delete" in name and name != "objects.delete"]
)
async def test_a_first_deletion_of_nothing_is_an_error(
    name: str, client: AsyncRunloop
) -> None:
    if name == "blueprints.delete":
        return  # which can be found for ever
    await KNOWN[name](client)

    with pytest.raises((NotFoundError, ConflictError)) as caught:
        await KNOWN[name](client)

    assert not caught.value.is_repetition


async def test_a_look_that_fails_leaves_the_refusal(
    api: Emulator, client: AsyncRunloop
) -> None:
    lose_one(api, "devboxes.suspend")
    api.faults.add(status(403), path="/v1/devboxes/dbx", method="GET")

    with pytest.raises(BadRequestError) as caught:
        await client.devboxes.suspend("dbx")

    assert isinstance(caught.value.__cause__, PermissionDeniedError)


async def test_what_is_gone_meanwhile_is_no_success_but_of_a_deletion(
    api: Emulator, client: AsyncRunloop
) -> None:
    lose_one(api, "devboxes.suspend")
    lose_one(api, "devboxes.disk_snapshots.delete")
    api.faults.add(status(404), path="*", method="GET")

    with pytest.raises(BadRequestError):
        await client.devboxes.suspend("dbx")
    await client.devboxes.disk_snapshots.delete("snp")


async def test_the_look_keeps_to_the_options_and_the_deadline_of_the_write(
    api: Emulator, client: AsyncRunloop
) -> None:
    lose_one(api, "devboxes.suspend")
    call = client.devboxes.suspend("dbx").with_options(
        headers={"X-Mine": "1"}, deadline=30, idempotency_key="k"
    )

    found = await call

    assert found.status in {"suspending", "suspended"}
    assert [each.headers.get("x-mine") for each in api.requests] == ["1"] * 3


@attrs.define
class Slow(Recorder):
    """Takes four seconds for each answer."""

    @override
    async def run(self, call: Sendable[T]) -> T:
        await self.clock.sleep(4.0)
        return await super().run(call)


@pytest.mark.parametrize("options", [CallOptions(), CallOptions(deadline=10.0)])
async def test_the_deadline_is_for_the_look_too(options: CallOptions) -> None:
    refusal = BadRequestError("not running", status_code=400, body=None)
    refusal.is_repetition = True
    runner = Slow(deadline=None if options else 10.0, answers=[refusal])

    with pytest.raises(BadRequestError):
        await Devboxes(runner).suspend("dbx").with_options(**options)

    assert [call.request.method for call in runner.calls] == ["POST", "GET"]
    assert runner.calls[1].options.get("deadline") == 6.0


def test_there_is_an_example_of_every_write() -> None:
    writes = {name for name, each in ENDPOINTS.items() if each["method"] != "GET"}
    assert KNOWN.keys() | UNKNOWN.keys() | READS == writes
    assert len(KNOWN) >= 40


async def test_the_documented_ones_are_those_that_look(client: AsyncRunloop) -> None:
    text = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text()
    table = text.partition("| write | second answer |")[2].partition("\n\n")[0]
    documented = set(re.findall(r"`([a-z_.]+\.[a-z_]+)`", table))
    looking = set[str]()
    for name, write in KNOWN.items():
        call: Any = write(client)
        call.close()
        if isinstance(call, Settling):
            looking.add(name)

    assert documented == looking


def lose_one(api: Emulator, name: str) -> None:
    """Have the answer to the next request of a write be lost."""
    way = ENDPOINTS[name]
    path = way["path"]
    for part in way.get("path_params", ()):
        path = path.replace(f"{{{part}}}", "*")
    api.faults.add(reset(executed=True), path=path, method=way["method"], times=1)


@pytest.mark.parametrize("name", KNOWN)
async def test_a_write_whose_answer_is_lost_succeeds(
    name: str, api: Emulator, client: AsyncRunloop
) -> None:
    lose_one(api, name)

    await KNOWN[name](client)

    assert client.stats().retries == 1


@pytest.mark.parametrize("name", UNKNOWN)
async def test_a_write_that_nobody_knows_of_is_not_sent_again(
    name: str, api: Emulator, client: AsyncRunloop
) -> None:
    lose_one(api, name)

    with pytest.raises(APIConnectionError) as caught:
        await UNKNOWN[name](client)

    assert caught.value.ambiguous
    assert api.stats.executions[name] == 1
