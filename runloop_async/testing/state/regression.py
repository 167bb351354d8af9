"""Two runs of one benchmark, of which the second has lost some scenarios."""

from typing import Final

from runloop_async.testing.messages import JsonObject
from runloop_async.testing.state.benchmark_runs import new_benchmark_run
from runloop_async.testing.state.benchmarks import new_benchmark
from runloop_async.testing.state.scenarios.runs import new_scenario_run
from runloop_async.testing.state.scenarios.scenarios import new_scenario
from runloop_async.testing.world import World

_RUN_MS: Final = 60_000


def plant(
    world: World, *, scenarios: int, attempts: int, regressed: int
) -> tuple[str, str]:
    """Add the runs, and return their ids, the earlier one first.

    Each scenario has a difficulty, and each attempt solves it by the dice. Those that
    are lost were always solved before, and never are in the second run.
    """
    made = [new_scenario(world, name=f"planted {n}") for n in range(scenarios)]
    benchmark = new_benchmark(
        world, name="planted regression", scenarioIds=[each["id"] for each in made]
    )
    chances = [world.dice.betavariate(2, 1) for _ in made]
    runs = list[str]()
    for is_later in (False, True):
        solved = [
            [_solves(world, chance, n < regressed, is_later) for _ in range(attempts)]
            for n, chance in enumerate(chances)
        ]
        run = new_benchmark_run(
            world,
            benchmark_id=benchmark["id"],
            name="later" if is_later else "earlier",
            state="completed",
            start_time_ms=world.now_ms - _RUN_MS * (1 if is_later else 60),
            duration_ms=_RUN_MS,
            score=sum(map(sum, solved)) / (scenarios * attempts),
        )
        for scenario, each in zip(made, solved, strict=True):
            for number, score in enumerate(each):
                _attempt(world, run, scenario, float(score), number)
        runs.append(run["id"])
    return runs[0], runs[1]


def _solves(world: World, chance: float, is_lost: bool, is_later: bool) -> bool:
    by_chance = world.dice.random() < chance
    return not is_later if is_lost else by_chance


def _attempt(
    world: World, run: JsonObject, scenario: JsonObject, score: float, number: int
) -> None:
    result = {
        "scoring_function_name": "tests",
        "score": score,
        "output": "passed" if score else "failed",
        "state": "complete",
    }
    new_scenario_run(
        world,
        scenario_id=scenario["id"],
        benchmark_run_id=run["id"],
        state="completed",
        start_time_ms=run["start_time_ms"] + number,
        duration_ms=_RUN_MS,
        scoring_contract_result={
            "score": score,
            "scoring_function_results": [result],
        },
    )
