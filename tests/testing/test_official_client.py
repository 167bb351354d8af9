"""The official client walks the whole API and checks every answer strictly."""

import io
import zipfile
from collections.abc import AsyncIterator
from inspect import getmembers, isfunction

import pytest
from runloop_api_client import AsyncRunloop, __version__
from runloop_api_client._resource import AsyncAPIResource
from runloop_api_client.lib.polling import PollingConfig

from runloop_async.testing import Emulator, Phases
from tests.testing import (
    walks_of_commands,
    walks_of_devboxes,
    walks_of_groups,
    walks_of_storage,
)
from tests.testing.walking import WALKS, ids, newest_first, walks

QUICK = PollingConfig(interval_seconds=0.01, max_attempts=200)
MADE_OF = {
    # a method that is no operation of its own, and one that it asks for
    "scenarios.runs.await_scored": "scenarios.runs.retrieve",
    "scenarios.runs.score_and_await": "scenarios.runs.score",
    "scenarios.runs.score_and_complete": "scenarios.runs.complete",
    "scenarios.start_run_and_await_env_ready": "devboxes.wait_for_status",
    "blueprints.await_build_complete": "blueprints.retrieve",
    "blueprints.create_and_await_build_complete": "blueprints.create",
    "devboxes.await_running": "devboxes.wait_for_status",
    "devboxes.await_suspended": "devboxes.wait_for_status",
    "devboxes.delete_disk_snapshot": "devboxes.disk_snapshots.delete",
    "devboxes.disk_snapshots.await_completed": "devboxes.disk_snapshots.query_status",
    "devboxes.execute_and_await_completion": "devboxes.execute",
    "devboxes.executions.await_completed": "devboxes.wait_for_command",
    "devboxes.executions.execute_async": "devboxes.execute_async",
    "devboxes.executions.execute_sync": "devboxes.execute_sync",
    "devboxes.list_disk_snapshots": "devboxes.disk_snapshots.list",
}
BY_ID = {f"secrets.{verb}_by_id" for verb in ("retrieve", "update", "delete")}
"""Methods that clients have since 2.0.0."""
OTHERS = (
    walks_of_commands,
    walks_of_devboxes,
    walks_of_groups,
    walks_of_storage,
)  # which enter theirs on import


@walks("scenarios.start_run_and_await_env_ready")
async def walk_env_ready(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.add()
    run = await client.scenarios.start_run_and_await_env_ready(
        scenario_id=row["id"], polling_config=QUICK
    )
    assert (await client.devboxes.retrieve(run.devbox_id)).status == "running"


@walks("accounts.me")
async def walk_account(client: AsyncRunloop, _api: Emulator) -> None:
    account = await client.accounts.me()
    assert account.billing.account_billing_type == "STRIPE"


@walks("benchmarks.create")
async def walk_benchmark_create(client: AsyncRunloop, api: Emulator) -> None:
    scenario = api.scenarios.add()
    benchmark = await client.benchmarks.create(
        name="b",
        scenario_ids=[scenario["id"]],
        metadata={"k": "v"},
        attribution="me",
        description="d",
        required_environment_variables=["E"],
        required_secret_names=["S"],
    )
    assert benchmark.scenario_ids == [scenario["id"]]
    assert benchmark.description == "d"


@walks("benchmarks.retrieve")
async def walk_benchmark_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.benchmarks.add(name="b")
    assert (await client.benchmarks.retrieve(row["id"])).name == "b"


@walks("benchmarks.update")
async def walk_benchmark_update(client: AsyncRunloop, api: Emulator) -> None:
    row = api.benchmarks.add(description="d")
    benchmark = await client.benchmarks.update(row["id"], name="n", description="")
    assert benchmark.name == "n"
    assert benchmark.description is None


@walks("benchmarks.list")
async def walk_benchmark_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.benchmarks.add() for _ in range(7)]
    assert await ids(client.benchmarks.list(limit=3)) == newest_first(rows)


@walks("benchmarks.list_public")
async def walk_benchmark_list_public(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.benchmarks.add(is_public=True) for _ in range(7)]
    assert await ids(client.benchmarks.list_public(limit=3)) == newest_first(rows)


@walks("benchmarks.definitions")
async def walk_benchmark_definitions(client: AsyncRunloop, api: Emulator) -> None:
    row = api.benchmarks.add(scenarioIds=[api.scenarios.add()["id"] for _ in range(3)])
    page = await client.benchmarks.definitions(row["id"], limit=2)
    assert len(page.scenarios) == 2
    assert page.has_more


@walks("benchmarks.start_run")
async def walk_benchmark_start_run(client: AsyncRunloop, api: Emulator) -> None:
    row = api.benchmarks.add()
    run = await client.benchmarks.start_run(
        benchmark_id=row["id"],
        run_name="n",
        metadata={"k": "v"},
        run_profile={"env_vars": {"E": "1"}, "purpose": "p", "secrets": {"S": "N"}},
    )
    assert run.state == "running"
    assert run.environment_variables == {"E": "1"}
    assert run.secrets_provided == {"S": "N"}


@walks("benchmarks.update_scenarios")
async def walk_benchmark_scenarios(client: AsyncRunloop, api: Emulator) -> None:
    old, new = (api.scenarios.add()["id"] for _ in range(2))
    row = api.benchmarks.add(scenarioIds=[old])
    benchmark = await client.benchmarks.update_scenarios(
        row["id"], scenarios_to_add=[new], scenarios_to_remove=[old]
    )
    assert benchmark.scenario_ids == [new]


@walks("benchmark_runs.retrieve")
async def walk_run_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.benchmark_runs.add()
    assert (await client.benchmark_runs.retrieve(row["id"])).score == row["score"]


@walks("benchmark_runs.list")
async def walk_run_list(client: AsyncRunloop, api: Emulator) -> None:
    expected = list(reversed(api.populate(runs=50)))
    assert await ids(client.benchmark_runs.list(limit=20)) == expected


@walks("benchmark_runs.list_scenario_runs")
async def walk_run_scenario_runs(client: AsyncRunloop, api: Emulator) -> None:
    run = api.benchmark_runs.add()
    rows = [api.scenarios.runs.add(benchmark_run_id=run["id"]) for _ in range(5)]
    pages = client.benchmark_runs.list_scenario_runs(run["id"], limit=2)
    assert await ids(pages) == newest_first(rows)


@walks("benchmark_runs.complete")
async def walk_run_complete(client: AsyncRunloop, api: Emulator) -> None:
    row = api.benchmark_runs.add(state="running")
    run = await client.benchmark_runs.complete(row["id"])
    assert run.state == "completed"


@walks("benchmark_runs.cancel")
async def walk_run_cancel(client: AsyncRunloop, api: Emulator) -> None:
    row = api.benchmark_runs.add(state="running")
    assert (await client.benchmark_runs.cancel(row["id"])).state == "canceled"


@walks("benchmark_jobs.create")
async def walk_job_create(client: AsyncRunloop, api: Emulator) -> None:
    row = api.benchmarks.add(scenarioIds=[api.scenarios.add()["id"]])
    job = await client.benchmark_jobs.create(
        spec={
            "type": "benchmark",
            "benchmark_id": row["id"],
            "agent_configs": [{"type": "job_agent", "name": "a"}],
        }
    )
    api.advance(5.0)
    running = await client.benchmark_jobs.retrieve(job.id)
    api.advance(60.0)
    completed = await client.benchmark_jobs.retrieve(job.id)
    assert [each.state for each in (job, running, completed)] == [
        "initializing",
        "running",
        "completed",
    ]
    assert running.in_progress_runs
    assert completed.benchmark_outcomes


@walks("benchmark_jobs.retrieve")
async def walk_job_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.benchmark_jobs.add(state="failed", failure_reason="no luck")
    job = await client.benchmark_jobs.retrieve(row["id"])
    assert job.failure_reason == "no luck"


@walks("benchmark_jobs.list")
async def walk_job_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.benchmark_jobs.add() for _ in range(3)]
    page = await client.benchmark_jobs.list(limit=2)
    assert [job.id for job in page.jobs] == newest_first(rows)[:2]
    assert page.total_count == 3


@walks("scenarios.create")
async def walk_scenario_create(client: AsyncRunloop, _api: Emulator) -> None:
    scenario = await client.scenarios.create(
        name="s",
        input_context={"problem_statement": "p", "additional_context": {"a": 1}},
        scoring_contract={
            "scoring_function_parameters": [
                {
                    "name": "works",
                    "weight": 1.0,
                    "scorer": {"type": "command_scorer", "command": "true"},
                }
            ]
        },
        environment_parameters={"working_directory": "/w"},
        validation_type="FORWARD",
    )
    assert scenario.environment is not None
    assert scenario.environment.working_directory == "/w"
    assert scenario.validation_type == "FORWARD"


@walks("scenarios.retrieve")
async def walk_scenario_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.add(name="s")
    assert (await client.scenarios.retrieve(row["id"])).name == "s"


@walks("scenarios.update")
async def walk_scenario_update(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.add(reference_output="diff")
    scenario = await client.scenarios.update(row["id"], name="n", reference_output="")
    assert scenario.name == "n"
    assert scenario.reference_output is None


@walks("scenarios.list")
async def walk_scenario_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.scenarios.add() for _ in range(5)]
    assert await ids(client.scenarios.list(limit=2)) == newest_first(rows)


@walks("scenarios.list_public")
async def walk_scenario_list_public(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.scenarios.add(is_public=True) for _ in range(5)]
    assert await ids(client.scenarios.list_public(limit=2)) == newest_first(rows)


@walks("scenarios.archive")
async def walk_scenario_archive(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.add()
    assert (await client.scenarios.archive(row["id"])).status == "archived"


@walks("scenarios.start_run")
async def walk_scenario_start_run(client: AsyncRunloop, api: Emulator) -> None:
    run = await client.scenarios.start_run(
        scenario_id=api.scenarios.add()["id"],
        benchmark_run_id=api.benchmark_runs.add(state="running")["id"],
        run_profile={"env_vars": {"E": "1"}},
    )
    assert run.environment_variables == {"E": "1"}


@walks("scenarios.runs.retrieve")
async def walk_scenario_run_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    run = await client.scenarios.runs.retrieve(api.scenarios.runs.add()["id"])
    assert run.scoring_contract_result is not None


@walks("scenarios.runs.list")
async def walk_scenario_run_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.scenarios.runs.add() for _ in range(5)]
    assert await ids(client.scenarios.runs.list(limit=2)) == newest_first(rows)


@walks("scenarios.runs.score")
async def walk_scenario_run_score(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.runs.add(state="running")
    assert (await client.scenarios.runs.score(row["id"])).state == "scoring"


@walks("scenarios.runs.await_scored")
async def walk_scenario_run_await(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.runs.add(state="running")
    await client.scenarios.runs.score(row["id"])
    run = await client.scenarios.runs.await_scored(row["id"], polling_config=QUICK)
    assert run.state == "scored"


@walks("scenarios.runs.score_and_await")
async def walk_scenario_run_score_await(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.runs.add(state="running")
    run = await client.scenarios.runs.score_and_await(row["id"], polling_config=QUICK)
    assert run.scoring_contract_result is not None


@walks("scenarios.runs.score_and_complete")
async def walk_scenario_run_score_end(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.runs.add(state="running")
    runs = client.scenarios.runs
    run = await runs.score_and_complete(row["id"], polling_config=QUICK)
    assert run.state == "completed"


@walks("scenarios.runs.complete")
async def walk_scenario_run_complete(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.runs.add(state="running")
    assert (await client.scenarios.runs.complete(row["id"])).state == "completed"


@walks("scenarios.runs.cancel")
async def walk_scenario_run_cancel(client: AsyncRunloop, api: Emulator) -> None:
    row = api.scenarios.runs.add(state="running")
    assert (await client.scenarios.runs.cancel(row["id"])).state == "canceled"


@walks("scenarios.runs.download_logs")
async def walk_scenario_run_logs(client: AsyncRunloop, api: Emulator) -> None:
    response = await client.scenarios.runs.download_logs(api.scenarios.runs.add()["id"])
    with zipfile.ZipFile(io.BytesIO(await response.read())) as archive:
        assert "agent.log" in archive.namelist()


def has(client: AsyncRunloop, name: str) -> bool:
    """Tell whether this version of the client has a method."""
    found: object = client
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is not None


def methods(resource: AsyncAPIResource, name: str) -> list[str]:
    """Return the methods of a resource and of those within it."""
    found = [
        f"{name}.{method}"
        for method, _ in getmembers(type(resource), isfunction)
        if not method.startswith("_")
    ]
    for inner in vars(type(resource)):
        value = None if "with_" in inner else getattr(resource, inner)
        if isinstance(value, AsyncAPIResource):
            found += methods(value, f"{name}.{inner}")
    return found


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    async with Emulator(speed=50.0, phases=Phases(scoring=1.0)) as emulator:
        yield emulator


@pytest.fixture
async def client(api: Emulator) -> AsyncIterator[AsyncRunloop]:
    async with AsyncRunloop(
        base_url=api.url,
        bearer_token="any",
        max_retries=0,
        _strict_response_validation=True,
    ) as official:
        yield official


@pytest.mark.parametrize("name", WALKS)
async def test_the_official_client_takes_the_answers(
    name: str, client: AsyncRunloop, api: Emulator
) -> None:
    if not has(client, name):
        pytest.skip(f"{name} is not in {__version__}")
    await WALKS[name](client, api)
    assert api.stats.executions[MADE_OF.get(name, name)] >= 1


async def test_every_method_of_the_official_client_is_walked(
    client: AsyncRunloop,
) -> None:
    groups = {
        name: group
        for name in vars(AsyncRunloop)
        if "with_" not in name
        and isinstance(group := getattr(client, name), AsyncAPIResource)
    }
    there_are = {
        method for name, group in groups.items() for method in methods(group, name)
    }
    gone = {name for name in WALKS if not has(client, name)}
    assert WALKS.keys() - gone == there_are
    assert gone == BY_ID or __version__ != "1.32.0"
