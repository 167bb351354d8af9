"""A world full of runs, made in a moment."""

from typing import Final

from runloop_async.testing.messages import JsonObject
from runloop_async.testing.state.benchmark_runs import new_benchmark_run
from runloop_async.testing.state.benchmarks import new_benchmark
from runloop_async.testing.state.scenarios.runs import new_scenario_run
from runloop_async.testing.state.scenarios.scenarios import new_scenario
from runloop_async.testing.state.scenarios.scoring import mean_score, score_scenario
from runloop_async.testing.world import World

_TOPICS: Final = ("bug-fixes", "refactoring", "data-cleaning", "migrations", "reviews")
_AGENTS: Final = ("agent-a", "agent-b", "agent-c")
_LANGUAGES: Final = ("python", "go", "rust", "typescript")
_STATES: Final = ("completed", "running", "canceled", "failed")
_SHARES: Final = (92, 4, 2, 2)
_EVERY_MS: Final = 300_000
_TRIAL_MS: Final = 20_000
_RESULTS: Final = 16

Pools = dict[str, list[JsonObject]]
"""Results for each scenario, by its id: runs share them, for there are many runs."""


def populate(world: World, *, runs: int, benchmarks: int, scenarios: int) -> list[str]:
    """Add benchmarks, scenarios and runs; return the ids of the benchmark runs.

    Raises:
        ValueError: There are to be runs, but no benchmarks.
    """
    if runs and not benchmarks:
        raise ValueError("runs need at least one benchmark")
    made = [_scenario(world, number) for number in range(scenarios)]
    pools = {
        scenario["id"]: [score_scenario(world.dice, scenario) for _ in range(_RESULTS)]
        for scenario in made
    }
    ids = list(pools)
    sets = [
        _benchmark(world, number, ids[number::benchmarks])
        for number in range(benchmarks)
    ]
    begin_ms = world.now_ms - runs * _EVERY_MS
    return [
        _run(world, sets[number % benchmarks], pools, begin_ms + number * _EVERY_MS)
        for number in range(runs)
    ]


def _scenario(world: World, number: int) -> JsonObject:
    names = ["tests-pass", "lint-clean", "review"][: 1 + number % 3]
    language = _LANGUAGES[number % len(_LANGUAGES)]
    return new_scenario(
        world,
        name=f"{language}-task-{number:04d}",
        input_context={"problem_statement": f"Fix the {language} project {number}."},
        scoring_contract={
            "scoring_function_parameters": [
                {
                    "name": name,
                    "scorer": {"type": "command_scorer", "command": f"make {name}"},
                    "weight": round(1 / len(names), 4),
                }
                for name in names
            ]
        },
        metadata={"language": language},
    )


def _benchmark(world: World, number: int, scenario_ids: list[str]) -> JsonObject:
    topic = _TOPICS[number % len(_TOPICS)]
    return new_benchmark(
        world,
        name=f"{topic}-{number}",
        description=f"Tasks about {topic}.",
        scenarioIds=scenario_ids,
        metadata={"topic": topic},
    )


def _run(world: World, benchmark: JsonObject, pools: Pools, start_ms: int) -> str:
    dice = world.dice
    [state] = dice.choices(_STATES, _SHARES)
    agent = dice.choice(_AGENTS)
    scenario_ids: list[str] = benchmark["scenarioIds"]
    # an unfinished run came about half its way
    done = len(scenario_ids) if state == "completed" else len(scenario_ids) // 2
    picks = dice.choices(range(_RESULTS), k=done)
    results = [
        pools[scenario_id][pick]
        for scenario_id, pick in zip(scenario_ids, picks, strict=False)
    ]
    run = new_benchmark_run(
        world,
        benchmark_id=benchmark["id"],
        name=f"{benchmark['name']}-{agent}",
        state=state,
        start_time_ms=start_ms,
        duration_ms=None if state == "running" else done * _TRIAL_MS,
        score=mean_score(results, done) if state in {"completed", "canceled"} else None,
        metadata={"agent": agent},
    )
    for place, scenario_id in enumerate(scenario_ids):
        finished = place < done
        new_scenario_run(
            world,
            scenario_id=scenario_id,
            benchmark_run_id=run["id"],
            state="completed" if finished else state,
            start_time_ms=start_ms + min(place, done) * _TRIAL_MS,
            duration_ms=_TRIAL_MS if finished else None if state == "running" else 0,
            scoring_contract_result=results[place] if finished else None,
        )
    run_id: str = run["id"]
    return run_id
