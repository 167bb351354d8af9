"""The emulator against the API's own document: what is no benchmark and no scenario."""

from collections.abc import AsyncIterator

import pytest

from runloop_async.testing import Emulator
from runloop_async.testing.messages import JsonObject
from runloop_async.testing.state.devboxes.disk_snapshots import disk_of
from tests.testing.document import document, misfits
from tests.testing.examples import EVENT, EXECUTION, OTHERS
from tests.testing.talk import Caller

FAMILY = ("/v1/benchmark", "/v1/scenario")
# What is no JSON document.
ELSEWHERE = {
    ("POST", "/v1/devboxes/{id}/upload_file"),
    ("GET", "/v1/devboxes/{id}/logs/tail"),
    ("GET", "/v1/devboxes/evictions/watch"),
    ("GET", "/v1/axons/{id}/subscribe/sse"),
    *(("GET", f"{EXECUTION}/stream_std{name}_updates") for name in ("out", "err")),
}
# What official clients have, and the document of May 2026 does not yet.
NEWER = {
    ("GET", "/v1/accounts/me"),
    ("POST", "/v1/devboxes/create_and_await_running"),
    ("DELETE", "/v1/axons/{id}"),
    ("POST", "/v1/axons/{id}"),
    ("POST", "/v1/devboxes/{id}/create_gateway_token"),
    ("POST", "/v1/devboxes/{id}/create_mcp_token"),
    ("GET", "/v1/secrets/id/{id}"),
    ("POST", "/v1/secrets/id/{id}/update"),
    ("POST", "/v1/secrets/id/{id}/delete"),
}
NEWER_FIELDS = {
    "allow_runloop_mirrors",
    "allowed_cidrs",
    "auth_mechanism",
    "custom_headers",
    "deleted_at_ms",
    "metadata",
    "upload_headers",
}
# What the document says of these is not what the service sends: a time is a number,
# and the row of a table a list of its cells.
MISTYPED = ("transition_time_ms", "rows[0]")


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    """Give an emulator that has one of each, under a known id."""
    labels = {"team": "a"}
    async with Emulator(speed=1000.0) as emulator:
        emulator.agents.add(id="agt")
        emulator.secrets.add(id="sec")
        emulator.network_policies.add(id="np")
        emulator.gateway_configs.add(id="gwc")
        emulator.mcp_configs.add(id="mcp")
        emulator.objects.add(b"abc", id="obj", metadata=labels)
        emulator.blueprints.add(id="bpt", metadata=labels)
        emulator.blueprints.add(is_public=True, metadata=labels)
        emulator.devboxes.add(id="dbx", metadata=labels, files={"/a.txt": "x"})
        emulator.disk_snapshots.add(id="snp", metadata=labels, source_devbox_id="dbx")
        public = emulator.disk_snapshots.add(metadata=labels, source_devbox_id="dbx")
        disk_of(emulator.world, public).is_public = True
        emulator.axons.add(id="axn")
        yield emulator


def test_there_is_an_example_of_every_operation() -> None:
    documented = {
        (verb.upper(), path)
        for path, operations in document()["paths"].items()
        if not path.startswith(FAMILY)
        for verb in operations
    }
    shown = {(method, path) for method, path, _, _ in OTHERS}
    assert sorted(documented - shown - ELSEWHERE) == []
    assert sorted(shown - documented - NEWER) == []


@pytest.mark.parametrize(("method", "path", "id", "body"), OTHERS)
async def test_an_answer_is_what_the_document_says(
    method: str, path: str, id: str, body: JsonObject | None, caller: Caller
) -> None:
    spec = document()
    await caller.post("/v1/axons/axn/publish", EVENT)
    await caller.get("/pty/t")
    started = await caller.post(
        "/v1/devboxes/dbx/execute_async", {"command": "cat", "attach_stdin": True}
    )
    asked = path.replace("{execution_id}", started.json["execution_id"])
    if path.endswith("/wait_for_status") and "execution" in path:
        body = {"statuses": ["running"]}
    if path.endswith("/complete"):
        new = {"name": "o", "content_type": "text"}
        made = (await caller.post("/v1/objects", new)).json
        async with caller.session.put(made["upload_url"], data=b"x"):
            asked = asked.replace("{id}", made["id"])
    if path.endswith("/resume"):
        await caller.post("/v1/devboxes/dbx/suspend")
        await caller.post(
            "/v1/devboxes/dbx/wait_for_status", {"statuses": ["suspended"]}
        )
    for name in ("id", "key", "name", "session_name", "devbox_id"):
        asked = asked.replace(f"{{{name}}}", id)

    reply = await caller.send(method, asked, body)

    assert reply.status == 200, reply.body
    if (method, path) in NEWER:
        return
    content = spec["paths"][path][method.lower()]["responses"]["200"].get("content", {})
    if "application/json" not in content:
        return
    schema = content["application/json"]["schema"]
    found = misfits(reply.json, schema, spec["components"]["schemas"])
    assert [each for each in found if not is_known(each)] == []


def is_known(misfit: str) -> bool:
    """Tell whether the document is known to be behind, or wrong, in this."""
    where, _, why = misfit.partition(" ")
    if why == "is not in the document":
        return where.rsplit(".", 1)[1] in NEWER_FIELDS
    return where.rstrip(":").endswith(MISTYPED)
