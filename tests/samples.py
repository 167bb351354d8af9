"""What the API sends, as small as it may be: one JSON object of each kind."""

from runloop_async.annotations import JsonObject, JsonValue

ACCOUNT: JsonObject = {
    "id": "acc_1",
    "account_status": "ACCOUNT_STATUS_ENABLED",
    "billing": {"account_billing_type": "STRIPE"},
    "created_at": "2025-06-01T00:00:00Z",
    "name": "Ada",
    "tier": "ACCOUNT_TIER_PRO",
}
BENCHMARK: JsonObject = {
    "id": "bmd_1",
    "metadata": {},
    "name": "sums",
    "scenarioIds": ["scn_1"],
    "status": "active",
}
SCENARIO: JsonObject = {
    "id": "scn_1",
    "input_context": {"problem_statement": "Add 1 and 1."},
    "metadata": {},
    "name": "one and one",
    "scoring_contract": {"scoring_function_parameters": []},
    "status": "active",
}
SCORER: JsonObject = {"id": "scr_1", "bash_script": "echo score=1.0", "type": "mine"}
JOB: JsonObject = {
    "id": "bmj_1",
    "create_time_ms": 1_750_000_000_000,
    "name": "nightly",
    "state": "running",
}
DEVBOX: JsonObject = {
    "id": "dbx_1",
    "capabilities": [],
    "create_time_ms": 1,
    "metadata": {},
    "state_transitions": [],
    "status": "running",
    "end_time_ms": None,
    "launch_parameters": {},
}


def run(id: str = "bmr_1", state: str = "running") -> JsonObject:
    """Return a benchmark run."""
    return {"id": id, "metadata": {}, "start_time_ms": 1, "state": state}


def scenario_run(id: str = "scr_1", state: str = "running") -> JsonObject:
    """Return a scenario run."""
    return {
        "id": id,
        "devbox_id": "dbx_1",
        "metadata": {},
        "scenario_id": "scn_1",
        "state": state,
    }


def page(
    key: str, *items: JsonValue, has_more: bool = False, total: int | None = None
) -> JsonObject:
    """Return a page of a list."""
    answer: JsonObject = {key: list(items), "has_more": has_more}
    return answer if total is None else answer | {"total_count": total}


def devbox(id: str = "dbx_1", status: str = "running") -> JsonObject:
    """Return a devbox."""
    return DEVBOX | {"id": id, "status": status}
