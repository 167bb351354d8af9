"""Ways to fill a world before the test begins."""

from typing import Final

from runloop_async.testing.messages import JsonObject, JsonValue
from runloop_async.testing.state.benchmark_jobs import new_job
from runloop_async.testing.state.benchmark_runs import new_benchmark_run
from runloop_async.testing.state.benchmarks import BENCHMARKS, new_benchmark
from runloop_async.testing.state.population import populate
from runloop_async.testing.state.scenarios.runs import new_scenario_run
from runloop_async.testing.state.scenarios.scenarios import SCENARIOS, new_scenario
from runloop_async.testing.state.scenarios.scorers import new_scorer
from runloop_async.testing.state.scenarios.scoring import score_scenario
from runloop_async.testing.world import World

_RUN_MS: Final = 60_000


class BenchmarkSeeds:
    """The seeding methods of an emulator for the benchmark family.

    Each takes the fields of the answer as the API names them, fills in what is usual
    for the others and returns the emulator's own dict: a change to it, other than to
    an id, shows in the next answer. What is added last is the newest in lists. A field
    that the API does not know is a `TypeError`, an id that is taken a `ValueError`.
    """

    world: World

    def add_benchmark(self, **fields: JsonValue) -> JsonObject:
        """Add a benchmark; its scenarios are `scenarioIds`, as in answers."""
        return new_benchmark(self.world, **fields)

    def add_scenario(self, **fields: JsonValue) -> JsonObject:
        """Add a scenario; it has one scoring function unless told."""
        return new_scenario(self.world, **fields)

    def add_scorer(self, **fields: JsonValue) -> JsonObject:
        """Add a custom scorer."""
        return new_scorer(self.world, **fields)

    def add_benchmark_run(self, **fields: JsonValue) -> JsonObject:
        """Add a benchmark run, completed unless told, without scenario runs.

        It is one of the newest benchmark unless told, which is made if there is none.
        A completed one has a score by the dice.
        """
        usual = self._timed(fields)
        if usual["state"] == "completed":
            usual["score"] = round(self.world.dice.random(), 3)
        if "benchmark_id" not in fields:
            rows = self.world.table(BENCHMARKS).rows
            usual["benchmark_id"] = (rows[-1] if rows else self.add_benchmark())["id"]
        return new_benchmark_run(self.world, **usual | fields)

    def add_scenario_run(self, **fields: JsonValue) -> JsonObject:
        """Add a scenario run, completed unless told.

        It is one of the newest scenario unless told, which is made if there is none.
        A scored or completed one has a result by the dice.
        """
        usual = self._timed(fields)
        scenarios = self.world.table(SCENARIOS)
        if "scenario_id" in fields:
            scenario = scenarios.get(fields["scenario_id"])
        else:
            scenario = scenarios.rows[-1] if scenarios.rows else self.add_scenario()
            usual["scenario_id"] = scenario["id"]
        if scenario is not None and usual["state"] in {"scored", "completed"}:
            result = score_scenario(self.world.dice, scenario)
            usual["scoring_contract_result"] = result
        return new_scenario_run(self.world, **usual | fields)

    def add_benchmark_job(self, **fields: JsonValue) -> JsonObject:
        """Add a benchmark job that stays as it is, completed unless told.

        A job that goes its way is made by asking the API for one.
        """
        self.world.settle()
        return new_job(self.world, **{"state": "completed"} | fields)

    def populate(
        self, *, runs: int = 5000, benchmarks: int = 3, scenarios: int = 20
    ) -> list[str]:
        """Fill the world with runs that look as if they had been made over weeks.

        The scenarios are dealt out to the benchmarks, the runs too; most runs are
        completed, some are canceled, failed or still running. Each has its scenario
        runs, and a score that fits them.

        Returns:
            The ids of the benchmark runs, oldest first.
        """
        self.world.settle()
        return populate(
            self.world, runs=runs, benchmarks=benchmarks, scenarios=scenarios
        )

    def _timed(self, fields: JsonObject) -> JsonObject:
        self.world.settle()
        state = fields.get("state", "completed")
        if state in {"running", "scoring", "scored"}:
            return {"state": state}
        start_ms = self.world.now_ms - _RUN_MS
        return {"state": state, "start_time_ms": start_ms, "duration_ms": _RUN_MS}
