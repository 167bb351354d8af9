"""The emulator makes every refusal that the service documents."""

from collections.abc import AsyncIterator
from typing import Final

import pytest

from runloop_async.testing import Emulator, Phases
from runloop_async.testing.messages import JsonObject
from runloop_async.testing.state.scenarios.scorers import new_scorer
from tests.testing.document import document
from tests.testing.examples import DEVBOX, EXECUTION, GATEWAY, MCP, SNAPSHOT
from tests.testing.talk import Caller

REFUSED: Final[list[tuple[str, str, str, str, JsonObject | None]]] = [
    # status, verb, path in the document, ids, body or query
    ("400", "GET", "/pty/{session_name}", "a%20b", None),
    (
        "400",
        "POST",
        "/pty/{session_name}/control",
        "t",
        {"action": "resize", "cols": 0},
    ),
    (
        "400",
        "POST",
        "/pty/{session_name}/control",
        "t",
        {"action": "resize", "rows": 1001},
    ),
    (
        "400",
        "POST",
        "/pty/{session_name}/control",
        "t",
        {"action": "signal", "signal": "X"},
    ),
    ("404", "POST", "/pty/{session_name}/control", "none", {"action": "close"}),
    ("400", "POST", "/v1/agents", "", {"name": " "}),
    ("400", "GET", "/v1/benchmarks/metadata/keys/{key}/values", "none", None),
    ("400", "GET", "/v1/blueprints/metadata/keys/{key}/values", "none", None),
    ("400", "GET", "/v1/blueprints/public/metadata/keys/{key}/values", "none", None),
    ("400", "POST", "/v1/blueprints/{id}/delete", "bpt_used", None),
    ("404", "GET", SNAPSHOT, "?devbox_id=none", None),
    ("400", "GET", f"{SNAPSHOT}/metadata/keys/{{key}}/values", "none", None),
    ("400", "GET", f"{SNAPSHOT}/public/metadata/keys/{{key}}/values", "none", None),
    ("409", "POST", f"{SNAPSHOT}/{{id}}/delete", "snp_begun", None),
    ("400", "GET", "/v1/devboxes/metadata/keys/{key}/values", "none", None),
    ("400", "POST", f"{EXECUTION}/wait_for_status", "dbx", {"statuses": ["odd"]}),
    (
        "408",
        "POST",
        f"{EXECUTION}/wait_for_status",
        "dbx",
        {"statuses": ["completed"], "timeout_seconds": 1},
    ),
    ("400", "POST", f"{DEVBOX}/create_pty_tunnel", "dbx_suspended", None),
    ("400", "POST", f"{DEVBOX}/enable_tunnel", "dbx_suspended", None),
    ("400", "POST", f"{DEVBOX}/enable_tunnel", "dbx_tunnel", None),
    ("400", "POST", f"{DEVBOX}/resume", "dbx", None),
    ("409", "POST", f"{DEVBOX}/shutdown", "dbx_snapped", None),
    ("400", "POST", f"{DEVBOX}/suspend", "dbx_suspended", None),
    ("400", "POST", f"{DEVBOX}/wait_for_status", "dbx", {"statuses": ["odd"]}),
    (
        "408",
        "POST",
        f"{DEVBOX}/wait_for_status",
        "dbx",
        {"statuses": ["shutdown"], "timeout_seconds": 1},
    ),
    ("400", "POST", "/v1/gateway-configs", "", GATEWAY),
    ("400", "POST", "/v1/gateway-configs/{id}", "gwc", {"name": "g"}),
    ("400", "POST", "/v1/gateway-configs/{id}/delete", "gwc_used", None),
    ("400", "POST", "/v1/mcp-configs", "", MCP),
    ("400", "POST", "/v1/mcp-configs/{id}", "mcp", {"name": "m"}),
    ("400", "POST", "/v1/mcp-configs/{id}/delete", "mcp_used", None),
    ("400", "POST", "/v1/network-policies", "", {"name": "p"}),
    ("400", "POST", "/v1/network-policies/{id}", "np", {"name": "p"}),
    ("400", "POST", "/v1/network-policies/{id}/delete", "np_used", None),
    ("400", "POST", "/v1/objects", "", {"name": " ", "content_type": "text"}),
    ("400", "GET", "/v1/objects/metadata/keys/{key}/values", "none", None),
    ("409", "POST", "/v1/objects/{id}/complete", "obj", None),
    ("409", "POST", "/v1/objects/{id}/complete", "obj_deleted", None),
    ("400", "GET", "/v1/objects/{id}/download", "obj_deleted", None),
    ("400", "POST", "/v1/restricted_keys", "", {"scopes": [{"access_level": "ALL"}]}),
    ("403", "POST", "/v1/benchmarks/{id}/archive", "bmk_public", None),
    ("403", "POST", "/v1/benchmarks/{id}/unarchive", "bmk_public", None),
    ("400", "GET", "/v1/scenarios/metadata/keys/{key}/values", "none", None),
    ("400", "POST", "/v1/scenarios/scorers", "", {"type": "t", "bash_script": "true"}),
    ("403", "POST", "/v1/scenarios/{id}/archive", "scn_public", None),
    ("403", "POST", "/v1/scenarios/{id}/unarchive", "scn_public", None),
    ("400", "POST", "/v1/secrets", "", {"name": "S", "value": "v"}),
    ("400", "POST", "/v1/secrets/{name}", "S", {}),
]
# Refusals that come of no state of the service that could be brought about: they are
# made with `faults.add(status(...))`.
BY_FAULT: Final = {
    ("503", "GET", "/pty/{session_name}"),
    ("408", "POST", f"{DEVBOX}/execute"),
}
BODIES: Final[dict[str, JsonObject]] = {
    "/executions/{execution_id}/wait_for_status": {"statuses": ["completed"]},
    "/wait_for_status": {"statuses": ["running"]},
    "/execute": {"command": "ls", "command_id": "c"},
    "/execute_async": {"command": "ls"},
    "/read_file_contents": {"file_path": "/a"},
    "/write_file_contents": {"file_path": "/a", "contents": ""},
    "/download_file": {"path": "/a"},
    "/v1/secrets/{name}": {"value": "v"},
}
"""What operations need before they look for what is named in their path."""


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    """Give an emulator in which each of these refusals is due."""
    phases = Phases(snapshot=9e9)
    async with Emulator(speed=1000.0, phases=phases) as emulator:
        emulator.benchmarks.add(id="bmk_public", is_public=True)
        emulator.scenarios.add(id="scn_public", is_public=True)
        new_scorer(emulator.world, type="t", bash_script="true")
        emulator.secrets.add(name="S")
        emulator.gateway_configs.add(id="gwc")
        emulator.gateway_configs.add(id="gwc_used", name="g")
        emulator.mcp_configs.add(id="mcp")
        emulator.mcp_configs.add(id="mcp_used", name="m")
        emulator.network_policies.add(id="np")
        emulator.network_policies.add(id="np_used", name="p")
        emulator.blueprints.add(id="bpt_used")
        emulator.objects.add(b"", id="obj")
        emulator.objects.add(b"", id="obj_deleted", state="DELETED")
        emulator.devboxes.add(
            id="dbx",
            gateway_specs={"G": {"gateway_config_id": "gwc_used", "secret_id": "S"}},
            mcp_specs={"M": {"mcp_config_id": "mcp_used", "secret_id": "S"}},
            launch_parameters={"network_policy_id": "np_used"},
        )
        emulator.devboxes.add(id="dbx_suspended", status="suspended")
        emulator.devboxes.add(id="dbx_snapped", blueprint_id="bpt_used")
        emulator.devboxes.add(id="dbx_tunnel")
        yield emulator


def test_there_is_an_example_of_every_refusal() -> None:
    documented = {
        (status, verb.upper(), path)
        for path, operations in document()["paths"].items()
        for verb, operation in operations.items()
        for status in operation["responses"]
        if status not in {"200", "401", "500"}
    }
    # Whether an account may have devboxes is not emulated.
    ours = {each for each in documented if each[0] == "403" and "archive" in each[2]}
    wanted = {each for each in documented if each[0] not in {"403", "404"}} | ours
    shown = {(status, method, path) for status, method, path, _, _ in REFUSED}
    assert wanted - shown - BY_FAULT == set()


@pytest.mark.parametrize(("status", "method", "path", "id", "body"), REFUSED)
async def test_a_documented_refusal_is_made(
    status: str,
    method: str,
    path: str,
    id: str,
    body: JsonObject | None,
    caller: Caller,
) -> None:
    await caller.get("/pty/t")
    await caller.post("/v1/devboxes/dbx_tunnel/enable_tunnel")
    begun = await caller.post("/v1/devboxes/dbx_snapped/snapshot_disk_async")
    started = await caller.post(
        "/v1/devboxes/dbx/execute_async", {"command": "cat", "attach_stdin": True}
    )
    asked = path.replace("{execution_id}", started.json["execution_id"])
    asked = asked.replace("{id}", begun.json["id"] if id == "snp_begun" else id)
    for name in ("key", "name", "session_name", "devbox_id"):
        asked = asked.replace(f"{{{name}}}", id)
    if id.startswith("?"):
        asked += id

    reply = await caller.send(method, asked, body)

    assert str(reply.status) == status, reply.body


UNKNOWN: Final = [
    (verb.upper(), path)
    for path, operations in document()["paths"].items()
    for verb, operation in operations.items()
    if "404" in operation["responses"] and "{" in path
]


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
async def test_what_is_unknown_is_not_found(
    method: str, path: str, caller: Caller
) -> None:
    body = next((body for end, body in BODIES.items() if path.endswith(end)), None)
    asked = path
    for name in ("id", "name", "session_name", "devbox_id", "execution_id"):
        asked = asked.replace(f"{{{name}}}", "none")
    if path.endswith("/control"):
        body = {"action": "close"}

    reply = await caller.send(method, asked, body)

    assert reply.status == 404, reply.body


async def test_a_devbox_can_be_shut_down_during_a_snapshot(caller: Caller) -> None:
    await caller.post("/v1/devboxes/dbx_snapped/snapshot_disk_async")

    ended = await caller.post("/v1/devboxes/dbx_snapped/shutdown?force=true")

    assert ended.json["status"] == "shutdown"
