"""Requests against the API's own document, by a server that knows nothing else.

The server looks each request up in the document, tells what does not fit, and answers
what the document promises: the least of it, or all of it.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from email.message import Message
from typing import Any

import attrs
import msgspec
import pytest
from aiohttp import web

from runloop_async import AsyncRunloop
from runloop_async.calls.files import Download
from runloop_async.calls.streaming import EventStream
from runloop_async.testing.listening import Door
from runloop_async.testing.messages import ApiError, Ask, JsonObject, JsonValue
from runloop_async.testing.routing import Route, Router
from runloop_async.testing.stats import Stats
from runloop_async.testing.world import World
from tests import surface
from tests.test_spec import CALLS, ENDPOINTS, path_params
from tests.testing.document import document, fits, misfits, resolved

# Endpoints that official clients have, and the document of May 2026 does not.
NEWER = {
    "accounts.me",
    "axons.delete",
    "axons.update",
    "devboxes.create_gateway_token",
    "devboxes.create_mcp_token",
    "devboxes.watch_evictions",
    "secrets.delete_by_id",
    "secrets.retrieve_by_id",
    "secrets.update_by_id",
}
# What else they have and it does not: filters, fields, states, and parts of CPUs.
NEWER_PARTS = (
    *(
        f"query {name} is not in the document"
        for name in ("search", "name", "metadata[key]", "metadata[key][in]")
    ),
    *(
        f".{name} is not in the document"
        for name in (
            "allow_runloop_mirrors",
            "allowed_cidrs",
            "auth_mechanism",
            "custom_headers",
            "lifecycle_hooks",
            "metadata",
            "provisioning_tier",
        )
    ),
    ".custom_cpu_cores: 0.5 is no integer",
    *(
        f"{where}: 'scheduled' is none of ['provisioning', 'initializing', 'running', "
        "'suspending', 'suspended', 'resuming', 'failure', 'shutdown']"
        for where in ("body.statuses[0]", "query status")
    ),
)
# Answers of which the document says what cannot be, and why.
MISTYPED = {
    "scenarios.list_runs": "a scenario, where a list of runs is due",
}
# Lists that come in pages of items with ids.
LISTS = (
    "benchmark_jobs.list",
    "benchmark_runs.list",
    "benchmark_runs.list_scenario_runs",
    "benchmarks.list",
    "benchmarks.list_public",
    "blueprints.list",
    "devboxes.disk_snapshots.list",
    "devboxes.list",
    "objects.list",
    "scenarios.list",
    "scenarios.list_public",
    "scenarios.runs.list",
)
SAMPLES = {"string": "text", "integer": 1, "number": 0.5, "boolean": True}


def nothing(world: World, ask: Ask) -> JsonObject:
    """Stand in for an operation: routes are for finding paths here."""
    del world, ask
    return {}


@attrs.define
class Documented:
    """A server that is the document."""

    spec: JsonObject
    is_full: bool = False
    told: list[str] = attrs.field(factory=list[str])
    """In what requests do not fit."""
    asked: int = 0
    change: Callable[[JsonValue], JsonValue] | None = None
    """Changes what it answers."""
    _router: Router = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._router = Router(
            Route(verb.upper(), path, path, nothing)
            for path, operations in self.spec["paths"].items()
            for verb in operations
        )

    @property
    def schemas(self) -> JsonObject:
        """The shapes that the document names."""
        schemas: JsonObject = self.spec["components"]["schemas"]
        return schemas

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request by the document."""
        self.asked += 1
        body = await request.read()
        try:
            route, _ = self._router.find(request.method, request.path)
        except ApiError as error:
            self.told.append(error.message)
            return web.json_response({}, status=404)
        operation = self.spec["paths"][route.template][request.method.lower()]
        self.told += self._query_misfits(request.query, operation)
        self.told += self._body_misfits(request, body, operation)
        content = operation["responses"]["200"].get("content", {})
        return self._answer(content)

    def _query_misfits(
        self, query: Mapping[str, str], operation: JsonObject
    ) -> Iterator[str]:
        known = {
            each["name"]: each
            for each in operation.get("parameters", [])
            if each["in"] == "query"
        }
        for name, text in query.items():
            if name not in known:
                yield f"query {name} is not in the document"
                continue
            schema = resolved(known[name]["schema"], self.schemas)
            value: JsonValue = text
            if schema.get("type") != "string":
                value = msgspec.json.decode(text)
            yield from misfits(value, schema, self.schemas, f"query {name}")
        for name, each in known.items():
            if each.get("required") and name not in query:
                yield f"query {name} is missing"

    def _body_misfits(
        self, request: web.BaseRequest, body: bytes, operation: JsonObject
    ) -> Iterator[str]:
        asked: JsonObject = operation.get("requestBody") or {}
        content: JsonObject = asked.get("content", {})
        kind = request.headers.get("content-type", "").partition(";")[0]
        if not body:
            return
        if kind not in content:
            yield f"a body of {kind} is not in the document"
        elif kind == "application/json":
            schema = content[kind]["schema"]
            yield from misfits(msgspec.json.decode(body), schema, self.schemas, "body")
        else:
            about = Message()
            about["content-type"] = request.headers["content-type"]
            assert about.get_boundary()
            schema = resolved(content[kind]["schema"], self.schemas)
            for name in schema["properties"]:
                if f'name="{name}"'.encode() not in body and self.is_full:
                    yield f"the part {name} is missing"

    def _answer(self, content: JsonObject) -> web.Response:
        if not content:
            return web.json_response({})
        kind, promised = next(iter(content.items()))
        if kind != "application/json":
            return web.Response(body=b"text", headers={"content-type": kind})
        made = self._made(promised.get("schema", {}))
        return web.json_response(made if self.change is None else self.change(made))

    def _made(self, schema: JsonObject) -> JsonValue:
        schema = resolved(schema, self.schemas)
        if "oneOf" in schema:
            tag = schema["discriminator"]
            word, target = next(iter(tag["mapping"].items()))
            return {**self._made({"$ref": target}), tag["propertyName"]: word}
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type", "object")
        if kind == "array":
            return [self._made(schema["items"])]
        if kind != "object":
            return SAMPLES[kind]
        made = {
            name: self._made(part)
            for name, part in schema.get("properties", {}).items()
            if self.is_full or name in schema.get("required", [])
        }
        values: JsonObject = schema.get("additionalProperties") or {}
        if values and not made:
            made["key"] = self._made(values)
        return made


@pytest.fixture
async def documented() -> AsyncIterator[tuple[Documented, AsyncRunloop]]:
    server = Documented(document())
    door = Door(server.handle, Stats())
    await door.open()
    url = f"http://127.0.0.1:{door.port}"
    async with AsyncRunloop(bearer_token="any", base_url=url, max_retries=0) as client:
        yield server, client
    await door.close()
    await door.gone()


def called(client: AsyncRunloop, name: str, *, is_full: bool) -> Any:
    """Return the call of an endpoint, with the least or all that it takes."""
    method: Any = client
    for part in name.split("."):
        method = getattr(method, part)
    params = surface.params_of(method)
    given: dict[str, object] = dict.fromkeys(path_params(name), "id")
    if params is not None:
        given |= (surface.maximal if is_full else surface.minimal)(params)
    if "path" in surface.keywords(method):
        given["path"] = "text"
    if "file" in surface.keywords(method) and is_full:
        given["file"] = b"content"
    return method(**given)


@pytest.mark.parametrize("is_full", [False, True], ids=["least", "most"])
@pytest.mark.parametrize("name", sorted(CALLS.keys() & ENDPOINTS.keys() - NEWER))
async def test_the_document_takes_every_request_and_its_answer_is_understood(
    documented: tuple[Documented, AsyncRunloop], name: str, *, is_full: bool
) -> None:
    server, client = documented
    server.is_full = is_full
    call = given = called(client, name, is_full=is_full)

    if isinstance(call, EventStream):
        with pytest.raises(Exception, match="not a stream of events"):
            await given
    elif name in MISTYPED:
        with pytest.raises(Exception, match="runs"):
            await call
    else:
        result = await call
        if isinstance(call, Download):
            assert result == b"text"

    assert server.asked == 1
    assert [each for each in server.told if not each.endswith(NEWER_PARTS)] == []


def with_a_bad_item(envelope: JsonValue) -> JsonValue:
    """Return a page of a thousand items, one of which is none."""
    (name,) = (key for key, value in envelope.items() if isinstance(value, list))
    (item,) = envelope[name]
    items: list[JsonValue] = [{**item, "id": f"item-{n}"} for n in range(1000)]
    items[17] = 7
    return {**envelope, name: items, "has_more": False}


@pytest.mark.parametrize("is_full", [False, True], ids=["least", "most"])
@pytest.mark.parametrize("name", LISTS)
async def test_one_bad_item_of_a_thousand_does_not_lose_its_page(
    documented: tuple[Documented, AsyncRunloop], name: str, *, is_full: bool
) -> None:
    server, client = documented
    server.is_full, server.change = is_full, with_a_bad_item

    page = await called(client, name, is_full=is_full)

    assert len(page.items) == 999
    assert ["[17]" in each.path for each in page.unreadable] == [True]
    assert client.stats().unreadable == 1


def test_what_is_newer_is_not_in_the_document() -> None:
    paths = document()["paths"]
    for name in NEWER:
        endpoint = ENDPOINTS[name]
        assert endpoint["method"].lower() not in paths.get(endpoint["path"], {})


def test_a_sample_is_of_its_type() -> None:
    assert all(fits(value, kind) for kind, value in SAMPLES.items())
