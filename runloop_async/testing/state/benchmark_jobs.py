"""Benchmark jobs: runs of benchmarks that the service starts and ends by itself.

A job goes initializing > queued > running > completed. While it runs it has one
benchmark run per agent, in which each scenario is run, scored and completed, as often
and as many at a time as the job's orchestrator says; the dice let a few fail, time out,
or not even begin.
"""

from functools import partial
from typing import Final

from runloop_async.testing.messages import JsonObject, JsonValue
from runloop_async.testing.state.benchmark_runs import (
    BENCHMARK_RUNS,
    end_benchmark_run,
    new_benchmark_run,
)
from runloop_async.testing.state.scenarios.runs import (
    end_scenario_run,
    new_scenario_run,
    scenario_runs_of,
    score_run,
)
from runloop_async.testing.state.scenarios.scenarios import SCENARIOS
from runloop_async.testing.world import Kind, World

JOBS: Final = Kind("benchmark job", "bmj_")

_FAILED_SHARE: Final = 0.05
_TIMEOUT_SHARE: Final = 0.03
_UNBEGUN_SHARE: Final = 0.02
_REASONS: Final = {
    "failed": {
        "exception_type": "AgentError",
        "exception_message": "The agent ended with exit code 1.",
    },
    "timeout": {
        "exception_type": "AgentTimeoutError",
        "exception_message": "The agent did not end in time.",
    },
    "unbegun": {
        "exception_type": "DevboxError",
        "exception_message": "The devbox of the scenario did not start.",
    },
}


def new_job(world: World, **fields: JsonValue) -> JsonObject:
    """Add a job made of `fields` and, for the rest, of one just created."""
    usual: JsonObject = {
        "name": "job",
        "state": "initializing",
        "create_time_ms": world.now_ms,
        "job_source": None,
        "job_spec": None,
        "failure_reason": None,
        "benchmark_outcomes": [],
        "in_progress_runs": [],
    }
    return world.add(JOBS, usual, fields)


def start_job(
    world: World, *, name: str, source: JsonObject, spec: JsonObject
) -> JsonObject:
    """Create a job that goes its way by itself."""
    job = new_job(world, name=name, job_source=source, job_spec=spec)
    world.later(world.phases.initializing, partial(_queue, world, job))
    return job


def job_view(world: World, job: JsonObject) -> JsonObject:
    """Return a job as the API shows it, with the runs it has started so far."""
    if job["id"] not in world.links:
        return job
    paired = list(zip(_runs(world, job), job["job_spec"]["agent_configs"], strict=True))
    return job | {
        "benchmark_outcomes": [
            _outcome(world, run, agent)
            for run, agent in paired
            if run["state"] != "running"
        ],
        "in_progress_runs": [
            _in_progress(world, run, agent)
            for run, agent in paired
            if run["state"] == "running"
        ],
    }


def _queue(world: World, job: JsonObject) -> None:
    job["state"] = "queued"
    world.later(world.phases.queued, partial(_launch, world, job))


def _launch(world: World, job: JsonObject) -> None:
    job["state"] = "running"
    spec = job["job_spec"]
    config: JsonObject = spec["orchestrator_config"] or {}
    at_once = max(1, config.get("n_concurrent_trials") or 1)
    trial_s = world.phases.run + world.phases.scoring
    for agent in spec["agent_configs"]:
        environment: JsonObject = agent.get("agent_environment") or {}
        run = new_benchmark_run(
            world,
            benchmark_id=job["job_source"].get("benchmark_id"),
            name=f"{job['name']}-{agent['name']}",
            environment_variables=environment.get("environment_variables") or {},
            secrets_provided=environment.get("secrets") or {},
        )
        world.links[job["id"]].append(run["id"])
        for place, scenario_id in enumerate(_trials(job)):
            scenario = world.find(SCENARIOS, scenario_id)
            start = partial(_start_trial, world, job, run, scenario)
            world.later(place // at_once * trial_s, start)


def _trials(job: JsonObject) -> list[str]:
    """Return the scenario of each attempt that a run of the job makes."""
    spec = job["job_spec"]
    config: JsonObject = spec["orchestrator_config"] or {}
    return [*spec["scenario_ids"]] * max(1, config.get("n_attempts") or 1)


def _start_trial(
    world: World, job: JsonObject, run: JsonObject, scenario: JsonObject
) -> None:
    if run["state"] != "running":  # canceled before this trial had its turn
        _look_after(world, job)
        return
    if world.dice.random() < _UNBEGUN_SHARE:
        world.links[run["id"]].append(scenario["id"])  # those that did not begin
        _look_after(world, job)
        return
    trial = new_scenario_run(
        world,
        scenario_id=scenario["id"],
        benchmark_run_id=run["id"],
        name=scenario["name"],
        environment_variables=run["environment_variables"],
        secrets_provided=run["secrets_provided"],
    )
    world.later(world.phases.run, partial(_judge_trial, world, job, trial))


def _judge_trial(world: World, job: JsonObject, trial: JsonObject) -> None:
    luck = world.dice.random()
    if trial["state"] != "running":  # canceled meanwhile
        pass
    elif luck < _FAILED_SHARE:
        end_scenario_run(world, trial, "failed")
    elif luck < _FAILED_SHARE + _TIMEOUT_SHARE:
        end_scenario_run(world, trial, "timeout")
    else:
        score_run(world, trial)
    finish = partial(_finish_trial, world, job, trial)
    world.later(world.phases.scoring, finish)


def _finish_trial(world: World, job: JsonObject, trial: JsonObject) -> None:
    if trial["state"] == "scored":
        end_scenario_run(world, trial, "completed")
    _look_after(world, job)


def _look_after(world: World, job: JsonObject) -> None:
    """End the runs of a job whose trials are over, and the job with the last run."""
    runs = _runs(world, job)
    for run in runs:
        if run["state"] == "running" and _is_done(world, job, run):
            end_benchmark_run(world, run, "completed")
    states = {run["state"] for run in runs}
    if "running" not in states:
        job["state"] = "cancelled" if states == {"canceled"} else "completed"


def _runs(world: World, job: JsonObject) -> list[JsonObject]:
    return [world.find(BENCHMARK_RUNS, run_id) for run_id in world.links[job["id"]]]


def _is_done(world: World, job: JsonObject, run: JsonObject) -> bool:
    trials = scenario_runs_of(world, run)
    ended = sum(trial["duration_ms"] is not None for trial in trials)
    return ended + len(world.links[run["id"]]) >= len(_trials(job))


def _in_progress(world: World, run: JsonObject, agent: JsonObject) -> JsonObject:
    return {
        "benchmark_run_id": run["id"],
        "agent_config": agent,
        "state": run["state"],
        "start_time_ms": run["start_time_ms"],
        "duration_ms": world.now_ms - run["start_time_ms"],
    }


def _outcome(world: World, run: JsonObject, agent: JsonObject) -> JsonObject:
    outcomes = [_trial_outcome(world, trial) for trial in scenario_runs_of(world, run)]
    outcomes += [_unbegun(world, name) for name in world.links[run["id"]]]
    states = [outcome["state"] for outcome in outcomes]
    scores = [outcome["score"] for outcome in outcomes if outcome["score"] is not None]
    return {
        "benchmark_run_id": run["id"],
        "agent_name": agent["name"],
        "model_name": agent.get("model_name"),
        "n_completed": states.count("COMPLETED"),
        "n_failed": states.count("FAILED"),
        "n_timeout": states.count("TIMEOUT"),
        "average_score": round(sum(scores) / len(scores), 6) if scores else None,
        "duration_ms": run["duration_ms"],
        "scenario_outcomes": outcomes,
    }


def _trial_outcome(world: World, trial: JsonObject) -> JsonObject:
    result: JsonObject | None = trial["scoring_contract_result"]
    counts = trial["state"] == "completed"
    return {
        "scenario_definition_id": trial["scenario_id"],
        "scenario_name": world.find(SCENARIOS, trial["scenario_id"])["name"],
        "scenario_run_id": trial["id"],
        "state": trial["state"].upper(),
        "score": result["score"] if result is not None and counts else None,
        "duration_ms": trial["duration_ms"],
        "failure_reason": _REASONS.get(trial["state"]),
    }


def _unbegun(world: World, scenario_id: str) -> JsonObject:
    """Return the outcome of an attempt that has no scenario run."""
    return {
        "scenario_definition_id": scenario_id,
        "scenario_name": world.find(SCENARIOS, scenario_id)["name"],
        "scenario_run_id": None,
        "state": "FAILED",
        "score": None,
        "duration_ms": None,
        "failure_reason": _REASONS["unbegun"],
    }
