"""Ways to fill a world before the test begins.

Each `add` takes the fields of the response as the API names them, fills in what is
usual for the others and returns the emulator's own dict: a change to it, other than to
an id, shows in the next response. What is added last is the newest in lists. A field
that the API does not know is a `TypeError`, an id that is taken a `ValueError`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from runloop_async.testing.blobs import Blob
from runloop_async.testing.messages import JsonObject, JsonValue
from runloop_async.testing.state.benchmark_jobs import new_job
from runloop_async.testing.state.benchmark_runs import new_benchmark_run
from runloop_async.testing.state.benchmarks import BENCHMARKS, new_benchmark
from runloop_async.testing.state.devboxes.devboxes import new_devbox
from runloop_async.testing.state.devboxes.life import put_files
from runloop_async.testing.state.objects import new_object
from runloop_async.testing.state.scenarios.runs import new_scenario_run
from runloop_async.testing.state.scenarios.scenarios import SCENARIOS, new_scenario
from runloop_async.testing.state.scenarios.scorers import new_scorer
from runloop_async.testing.state.scenarios.scoring import score_scenario
from runloop_async.testing.world import World

_RUN_MS: Final = 60_000


class _Seeds:
    """What a group adds to a world."""

    def __init__(self, world: World) -> None:
        self._world = world


class Seeds(_Seeds):
    """Adds things of a group."""

    def __init__(self, world: World, new: Callable[..., JsonObject]) -> None:
        super().__init__(world)
        self._new = new

    def add(self, **fields: JsonValue) -> JsonObject:
        """Add one; it stays as it is until it is asked to change."""
        with self._world.lock:
            self._world.settle()
            return self._new(self._world, **fields)


class DevboxSeeds(_Seeds):
    """Adds devboxes."""

    def add(
        self, *, files: Mapping[str, str | bytes] | None = None, **fields: JsonValue
    ) -> JsonObject:
        """Add a devbox, by default a running one, with files by their paths."""
        with self._world.lock:
            self._world.settle()
            devbox = new_devbox(self._world, **fields)
            put_files(self._world, devbox, _bytes(files))
            return devbox


class ObjectSeeds(_Seeds):
    """Adds storage objects."""

    def add(self, content: str | bytes = b"", **fields: JsonValue) -> JsonObject:
        """Add an object, by default one that is complete, with its content."""
        data = content.encode() if isinstance(content, str) else content
        with self._world.lock:
            self._world.settle()
            usual = {"state": "READ_ONLY", "size_bytes": len(data)}
            added = new_object(self._world, **usual | fields)
            self._world.hidden[added["id"]] = Blob.of(data)
            return added


class BenchmarkSeeds(_Seeds):
    """Adds benchmarks."""

    def add(self, **fields: JsonValue) -> JsonObject:
        """Add a benchmark; its scenarios are `scenarioIds`, as in responses."""
        return new_benchmark(self._world, **fields)


class ScorerSeeds(_Seeds):
    """Adds scorers."""

    def add(self, **fields: JsonValue) -> JsonObject:
        """Add a custom scorer."""
        return new_scorer(self._world, **fields)


class ScenarioRunSeeds(_Seeds):
    """Adds scenario runs."""

    def add(self, **fields: JsonValue) -> JsonObject:
        """Add a scenario run, by default a completed one.

        By default it is one of the newest scenario, which is made if there is none.
        A scored or completed one has a result by the dice.
        """
        usual = _timed(self._world, fields)
        scenarios = self._world.table(SCENARIOS)
        if "scenario_id" in fields:
            scenario = scenarios.get(fields["scenario_id"])
        else:
            newest = scenarios.rows[-1] if scenarios.rows else None
            scenario = newest or new_scenario(self._world)
            usual["scenario_id"] = scenario["id"]
        if scenario is not None and usual["state"] in {"scored", "completed"}:
            result = score_scenario(self._world.dice, scenario)
            usual["scoring_contract_result"] = result
        return new_scenario_run(self._world, **usual | fields)


class ScenarioSeeds(_Seeds):
    """Adds scenarios, their runs and their scorers."""

    runs: ScenarioRunSeeds
    """Adds scenario runs."""
    scorers: ScorerSeeds
    """Adds scorers."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.runs = ScenarioRunSeeds(world)
        self.scorers = ScorerSeeds(world)

    def add(self, **fields: JsonValue) -> JsonObject:
        """Add a scenario, by default with one scoring function."""
        return new_scenario(self._world, **fields)


class BenchmarkRunSeeds(_Seeds):
    """Adds benchmark runs."""

    def add(self, **fields: JsonValue) -> JsonObject:
        """Add a benchmark run without scenario runs, by default a completed one.

        By default it is one of the newest benchmark, which is made if there is none.
        A completed one has a score by the dice.
        """
        usual = _timed(self._world, fields)
        if usual["state"] == "completed":
            usual["score"] = round(self._world.dice.random(), 3)
        if "benchmark_id" not in fields:
            rows = self._world.table(BENCHMARKS).rows
            newest = rows[-1] if rows else new_benchmark(self._world)
            usual["benchmark_id"] = newest["id"]
        return new_benchmark_run(self._world, **usual | fields)


class BenchmarkJobSeeds(_Seeds):
    """Adds benchmark jobs."""

    def add(self, **fields: JsonValue) -> JsonObject:
        """Add a benchmark job that stays as it is, by default a completed one.

        A job that goes its way is made by asking the API for one.
        """
        self._world.settle()
        return new_job(self._world, **{"state": "completed"} | fields)


def _bytes(files: Mapping[str, str | bytes] | None) -> dict[str, bytes]:
    return {
        path: content.encode() if isinstance(content, str) else content
        for path, content in (files or {}).items()
    }


def _timed(world: World, fields: JsonObject) -> JsonObject:
    world.settle()
    state = fields.get("state", "completed")
    if state in {"running", "scoring", "scored"}:
        return {"state": state}
    start_ms = world.now_ms - _RUN_MS
    return {"state": state, "start_time_ms": start_ms, "duration_ms": _RUN_MS}
