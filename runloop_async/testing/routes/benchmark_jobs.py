"""Benchmark jobs."""

from typing import Final, Literal, NotRequired, TypedDict

import msgspec

from runloop_async.testing.messages import Ask, JsonObject, invalid, refused
from runloop_async.testing.paging import page, select
from runloop_async.testing.routing import Route
from runloop_async.testing.state.benchmark_jobs import JOBS, job_view, start_job
from runloop_async.testing.state.benchmarks import BENCHMARKS
from runloop_async.testing.state.scenarios.scenarios import SCENARIOS, new_scenario
from runloop_async.testing.world import World


class AgentEnvironment(TypedDict):
    """What an agent is given."""

    environment_variables: NotRequired[dict[str, str] | None]
    secrets: NotRequired[dict[str, str] | None]


class Agent(TypedDict):
    """An agent that a job runs."""

    type: Literal["job_agent"]
    name: str
    agent_environment: NotRequired[AgentEnvironment | None]
    agent_id: NotRequired[str | None]
    kwargs: NotRequired[dict[str, str] | None]
    model_name: NotRequired[str | None]
    timeout_seconds: NotRequired[float | None]


class Orchestrator(TypedDict):
    """How a job goes about its scenarios."""

    n_attempts: NotRequired[int | None]
    n_concurrent_trials: NotRequired[int | None]
    quiet: NotRequired[bool | None]
    timeout_multiplier: NotRequired[float | None]


class AgentSpec(TypedDict):
    """What specifications with agents have in common."""

    agent_configs: list[Agent]
    orchestrator_config: NotRequired[Orchestrator | None]


class BenchmarkSpec(AgentSpec):
    """A job over the scenarios of a benchmark."""

    benchmark_id: str


class ScenariosSpec(AgentSpec):
    """A job over scenarios that are named one by one."""

    scenario_ids: list[str]


class HarborSpec(TypedDict):
    """A job that a Harbor file describes."""

    inline_yaml: str


class Create(TypedDict):
    """The body of a create."""

    name: NotRequired[str | None]
    spec: NotRequired[JsonObject | None]


class _Origin(TypedDict):
    """Where a job comes from and what it is to do."""

    title: str
    source: JsonObject
    spec: JsonObject


def create(world: World, ask: Ask) -> JsonObject:
    """Create a job; it goes its way by itself."""
    body = ask.json(Create)
    given = body.get("spec") or {}
    try:
        origin = _origin(world, given)
    except msgspec.ValidationError as error:
        raise invalid(f"spec does not fit: {error}") from error
    if not origin["spec"]["agent_configs"]:
        raise invalid("spec.agent_configs must name at least one agent.")
    if not origin["spec"]["scenario_ids"]:
        raise refused("The job would have no scenario to run.")
    number = len(world.table(JOBS).rows) + 1
    job = start_job(
        world,
        name=body.get("name") or f"{origin['title']}-{number}",
        source=origin["source"],
        spec=origin["spec"],
    )
    return job_view(world, job)


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return one job."""
    return job_view(world, world.find(JOBS, ask.id))


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of jobs."""
    table = world.table(JOBS)
    answer = page(table, select(table.rows, ask, ["name"]), ask, "jobs")
    answer["jobs"] = [job_view(world, job) for job in answer["jobs"]]
    return answer


def _origin(world: World, given: JsonObject) -> _Origin:
    match given.get("type"):
        case "benchmark":
            return _from_benchmark(world, msgspec.convert(given, BenchmarkSpec))
        case "scenarios":
            return _from_scenarios(world, msgspec.convert(given, ScenariosSpec))
        case "harbor":
            return _from_harbor(world, msgspec.convert(given, HarborSpec))
        case other:
            raise invalid(
                f"spec.type must be benchmark, scenarios or harbor, not {other!r}."
            )


def _from_benchmark(world: World, spec: BenchmarkSpec) -> _Origin:
    benchmark = world.find(BENCHMARKS, spec["benchmark_id"])
    if benchmark["status"] == "archived":
        raise refused(f"The benchmark {benchmark['id']!r} is archived.")
    source = {
        "type": "benchmark",
        "benchmark_id": benchmark["id"],
        "benchmark_name": benchmark["name"],
    }
    resolved = _resolved(spec, list(benchmark["scenarioIds"]))
    return {"title": benchmark["name"], "source": source, "spec": resolved}


def _from_scenarios(world: World, spec: ScenariosSpec) -> _Origin:
    ids = spec["scenario_ids"]
    for scenario_id in ids:
        world.find(SCENARIOS, scenario_id)
    source = {"type": "scenarios", "scenario_ids": ids}
    return {"title": "scenarios", "source": source, "spec": _resolved(spec, ids)}


def _from_harbor(world: World, spec: HarborSpec) -> _Origin:
    # the emulator does not read the file: one agent and one scenario stand in for it
    stand_in = new_scenario(world, name="harbor-task")
    agents: list[Agent] = [{"type": "job_agent", "name": "harbor"}]
    source = {"type": "harbor", "inline_yaml": spec["inline_yaml"]}
    resolved = _resolved({"agent_configs": agents}, [stand_in["id"]])
    return {"title": "harbor", "source": source, "spec": resolved}


def _resolved(spec: AgentSpec, scenario_ids: list[str]) -> JsonObject:
    return {
        "agent_configs": spec["agent_configs"],
        "scenario_ids": scenario_ids,
        "orchestrator_config": spec.get("orchestrator_config"),
    }


ROUTES: Final = [
    Route("POST", "/v1/benchmark_jobs", "benchmark_jobs.create", create),
    Route("GET", "/v1/benchmark_jobs", "benchmark_jobs.list", list_page),
    Route("GET", "/v1/benchmark_jobs/{id}", "benchmark_jobs.retrieve", retrieve),
]
