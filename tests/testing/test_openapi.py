"""The emulator against the API's own document: all of the benchmark family."""

from collections.abc import AsyncIterator

import pytest

from runloop_async.testing import Emulator
from runloop_async.testing.messages import JsonObject
from tests.testing.document import document, misfits
from tests.testing.talk import Caller

FAMILY = ("/v1/benchmark", "/v1/scenario")
CONTRACT = {
    "scoring_function_parameters": [
        {
            "name": "works",
            "weight": 1.0,
            "scorer": {"type": "bash_script_scorer", "bash_script": "echo score=1.0"},
        }
    ]
}
PROFILE = {"envVars": {"E": "1"}, "secrets": {"S": "NAME"}, "purpose": "p"}
JOB = {
    "type": "scenarios",
    "scenario_ids": ["scn"],
    "agent_configs": [{"type": "job_agent", "name": "a"}],
}
SCENARIO = {
    "name": "s",
    "input_context": {"problem_statement": "p"},
    "scoring_contract": CONTRACT,
    "environment_parameters": {"working_directory": "/w"},
}

EXAMPLES: list[tuple[str, str, str, JsonObject | None]] = [
    # verb, path in the document, id, body
    ("POST", "/v1/benchmark_jobs", "", {"name": "j", "spec": JOB}),
    ("GET", "/v1/benchmark_jobs", "", None),
    ("GET", "/v1/benchmark_jobs/{id}", "bmj", None),
    ("GET", "/v1/benchmark_runs", "", None),
    ("GET", "/v1/benchmark_runs/{id}", "bmr", None),
    ("POST", "/v1/benchmark_runs/{id}/cancel", "bmr", None),
    ("POST", "/v1/benchmark_runs/{id}/complete", "bmr", None),
    ("POST", "/v1/benchmark_runs/{id}/download_logs", "bmr", None),
    ("GET", "/v1/benchmark_runs/{id}/scenario_runs", "bmr", None),
    ("POST", "/v1/benchmarks", "", {"name": "b", "scenario_ids": ["scn"]}),
    ("GET", "/v1/benchmarks", "", None),
    ("GET", "/v1/benchmarks/list_public", "", None),
    ("GET", "/v1/benchmarks/metadata/keys", "", None),
    ("GET", "/v1/benchmarks/metadata/keys/{key}/values", "team", None),
    ("GET", "/v1/benchmarks/runs", "", None),
    ("GET", "/v1/benchmarks/runs/{id}", "bmr", None),
    ("POST", "/v1/benchmarks/runs/{id}/cancel", "bmr", None),
    ("POST", "/v1/benchmarks/runs/{id}/complete", "bmr", None),
    ("POST", "/v1/benchmarks/runs/{id}/download_logs", "bmr", None),
    ("GET", "/v1/benchmarks/runs/{id}/scenario_runs", "bmr", None),
    (
        "POST",
        "/v1/benchmarks/start_run",
        "",
        {"benchmark_id": "bmd", "runProfile": PROFILE},
    ),
    ("POST", "/v1/benchmarks/{id}", "bmd", {"description": "d"}),
    ("GET", "/v1/benchmarks/{id}", "bmd", None),
    ("POST", "/v1/benchmarks/{id}/archive", "bmd", None),
    ("GET", "/v1/benchmarks/{id}/definitions", "bmd", None),
    ("GET", "/v1/benchmarks/{id}/runs", "bmd", None),
    ("POST", "/v1/benchmarks/{id}/scenarios", "bmd", {"scenarios_to_add": ["scn"]}),
    ("POST", "/v1/benchmarks/{id}/unarchive", "bmd", None),
    ("POST", "/v1/scenarios", "", SCENARIO),
    ("GET", "/v1/scenarios", "", None),
    ("GET", "/v1/scenarios/list_public", "", None),
    ("GET", "/v1/scenarios/metadata/keys", "", None),
    ("GET", "/v1/scenarios/metadata/keys/{key}/values", "team", None),
    ("GET", "/v1/scenarios/runs", "", None),
    ("GET", "/v1/scenarios/runs/{id}", "scr", None),
    ("POST", "/v1/scenarios/runs/{id}/cancel", "scr", None),
    ("POST", "/v1/scenarios/runs/{id}/complete", "scr", None),
    ("POST", "/v1/scenarios/runs/{id}/download_logs", "scr", None),
    ("POST", "/v1/scenarios/runs/{id}/score", "scr", None),
    ("POST", "/v1/scenarios/scorers", "", {"type": "new", "bash_script": "b"}),
    ("GET", "/v1/scenarios/scorers", "", None),
    ("POST", "/v1/scenarios/scorers/{id}", "scs", {"type": "t", "bash_script": "b"}),
    ("GET", "/v1/scenarios/scorers/{id}", "scs", None),
    (
        "POST",
        "/v1/scenarios/start_run",
        "",
        {"scenario_id": "scn", "benchmark_run_id": "bmr", "runProfile": PROFILE},
    ),
    ("POST", "/v1/scenarios/{id}", "scn", {"name": "n"}),
    ("GET", "/v1/scenarios/{id}", "scn", None),
    ("POST", "/v1/scenarios/{id}/archive", "scn", None),
    ("GET", "/v1/scenarios/{id}/runs", "scn", None),
    ("POST", "/v1/scenarios/{id}/unarchive", "scn", None),
]
CORRECTED = {
    # the document says ScenarioDefinitionView, which is no list of runs
    ("GET", "/v1/scenarios/{id}/runs"): "ScenarioRunListView",
}


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    """Give an emulator that has one of each, under a known id, and some more."""
    async with Emulator(speed=0.0) as emulator:
        emulator.populate(runs=30)
        metadata = {"team": "a"}
        emulator.scenarios.add(id="scn", metadata=metadata)
        emulator.benchmarks.add(id="bmd", scenarioIds=["scn"], metadata=metadata)
        emulator.benchmarks.add(is_public=True)
        emulator.scenarios.add(is_public=True)
        emulator.benchmark_runs.add(id="bmr", benchmark_id="bmd", state="running")
        emulator.scenarios.runs.add(
            id="scr", scenario_id="scn", benchmark_run_id="bmr", state="running"
        )
        emulator.scenarios.runs.add(scenario_id="scn")
        emulator.scenarios.scorers.add(id="scs")
        emulator.benchmark_jobs.add(id="bmj")
        yield emulator


def schema_of(spec: JsonObject, method: str, path: str) -> JsonObject | None:
    """Return what the document says of an answer, None if it is not JSON."""
    if (method, path) in CORRECTED:
        return {"$ref": f"#/components/schemas/{CORRECTED[method, path]}"}
    content = spec["paths"][path][method.lower()]["responses"]["200"]["content"]
    if "application/zip" in content:
        return None
    schema: JsonObject = content["application/json"]["schema"]
    return schema


def test_there_is_an_example_of_every_operation_of_the_family() -> None:
    documented = {
        (verb.upper(), path)
        for path, operations in document()["paths"].items()
        if path.startswith(FAMILY)
        for verb in operations
    }
    assert {(method, path) for method, path, _, _ in EXAMPLES} == documented


@pytest.mark.parametrize(("method", "path", "id", "body"), EXAMPLES)
async def test_an_answer_is_what_the_document_says(
    method: str, path: str, id: str, body: JsonObject | None, caller: Caller
) -> None:
    spec = document()
    asked = path.replace("{id}", id).replace("{key}", id)

    reply = await caller.send(method, asked, body)

    assert reply.status == 200
    schema = schema_of(spec, method, path)
    if schema is None:
        assert reply.headers["content-type"] == "application/zip"
    else:
        assert list(misfits(reply.json, schema, spec["components"]["schemas"])) == []


@pytest.mark.parametrize("spec_type", ["benchmark", "scenarios", "harbor"])
async def test_a_job_is_what_the_document_says_in_every_state(
    spec_type: str, api: Emulator, caller: Caller
) -> None:
    spec = document()
    schemas = spec["components"]["schemas"]
    agents = JOB["agent_configs"]
    specs: dict[str, JsonObject] = {
        "benchmark": {"benchmark_id": "bmd", "agent_configs": agents},
        "scenarios": JOB,
        "harbor": {"inline_yaml": "jobs: []"},
    }
    body = {"spec": {"type": spec_type, **specs[spec_type]}}
    job = (await caller.post("/v1/benchmark_jobs", body)).json
    states: list[str] = []
    for _ in range(30):
        states.append(job["state"])
        assert list(misfits(job, schemas["BenchmarkJobView"], schemas)) == []
        api.advance(0.5)
        job = (await caller.get(f"/v1/benchmark_jobs/{job['id']}")).json
    assert list(dict.fromkeys(states)) == [
        "initializing",
        "queued",
        "running",
        "completed",
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"id": "x"}, "$.name is missing"),
        ({"id": 7, "name": "n"}, "$.id: 7 is no string"),
        ({"id": "x", "name": "n", "no": 1}, "$.no is not in the document"),
        (
            {"id": "x", "name": "n", "tags": ["a", "b"]},
            "$.tags[1]: 'b' is none of ['a']",
        ),
        ({"id": True, "name": "n"}, "$.id: True is no string"),
    ],
)
def test_the_validator_tells_what_does_not_fit(value: JsonObject, told: str) -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "name"],
        "properties": {
            "id": {"type": "string"},
            "name": {"type": "string", "nullable": True},
            "tags": {"type": "array", "items": {"type": "string", "enum": ["a"]}},
        },
    }
    assert list(misfits(value, schema, {})) == [told]
    assert list(misfits({"id": "x", "name": None, "tags": ["a"]}, schema, {})) == []
