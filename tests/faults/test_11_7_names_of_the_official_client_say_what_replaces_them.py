"""11.7: what does not carry over from the official client says what replaces it."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import attrs
import httpx
import pytest
import runloop_api_client
from runloop_api_client import NOT_GIVEN, omit

import runloop_async
from runloop_async import (
    APIResponseValidationError,
    AsyncRunloop,
    InternalServerError,
    NotFoundError,
    models,
    moved,
    types,
)
from runloop_async.annotations import JsonValue
from runloop_async.testing import Emulator, status
from tests.fakes import Recorder


@pytest.fixture
def client() -> AsyncRunloop:
    return AsyncRunloop(bearer_token="any")


def run(client: Any) -> Any:
    return client.benchmark_runs


def imported(name: str) -> Callable[[Any], Any]:
    def try_it(_: Any) -> Any:
        return getattr(runloop_async, name)

    return try_it


IDIOMS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "extra headers": (
        lambda c: run(c).retrieve("bmr_1", extra_headers={"a": "b"}),
        r"\.with_options\(headers=",
    ),
    "extra headers of a list": (
        lambda c: run(c).list(limit=1, extra_headers={"a": "b"}),
        r"\.with_options\(headers=",
    ),
    "the timeout of a wait": (
        lambda c: run(c).wait("bmr_1", timeout=5),
        r"\.with_options\(deadline=",
    ),
    "the handle of a devbox": (lambda c: c.devbox, r"devboxes\.open\(\).*box\(id\)"),
    "the client with handles": (imported("AsyncRunloopSDK"), r"devboxes\.open\(\)"),
    "extra query": (
        lambda c: run(c).list(extra_query={"a": "b"}),
        r"\.with_options\(query=",
    ),
    "extra body": (
        lambda c: c.benchmarks.create(name="a", extra_body={"a": "b"}),
        r"client\.post\(",
    ),
    "timeout of a call": (
        lambda c: run(c).retrieve("bmr_1", timeout=5),
        r"\.with_options\(timeout=",
    ),
    "idempotency key": (
        lambda c: run(c).cancel("bmr_1", idempotency_key="a"),
        r"\.with_options\(idempotency_key=",
    ),
    "raw response": (lambda c: run(c).with_raw_response, r"\.raw\(\)"),
    "raw response of the client": (lambda c: c.with_raw_response, r"\.raw\(\)"),
    "streaming response": (
        lambda c: run(c).with_streaming_response,
        r"\.stream\(\)",
    ),
    "NOT_GIVEN as an argument": (
        lambda c: run(c).list(limit=NOT_GIVEN),
        "leave the argument out",
    ),
    "omit as an argument": (
        lambda c: c.benchmarks.create(name="a", scenario_ids=omit),
        "leave the argument out",
    ),
    "http_client": (
        lambda _: AsyncRunloop(
            bearer_token="a",
            http_client=runloop_api_client.DefaultAioHttpClient(),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        ),
        "session=",
    ),
    "strict validation": (
        lambda _: AsyncRunloop(bearer_token="a", _strict_response_validation=True),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        "always validated",
    ),
    "httpx.Timeout": (
        lambda _: AsyncRunloop(bearer_token="a", timeout=httpx.Timeout(60)),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        r"Timeouts\(total=",
    ),
    "cast_to": (
        lambda c: c.get("/v1/accounts/me", cast_to=object),
        "second argument",
    ),
    "the key": (lambda c: c.bearer_token, "does not show its key"),
    "patch": (lambda c: c.patch, r"client\.post"),
    "the object layer": (lambda c: c.devbox, r"client\.devboxes"),
    "with": (lambda c: c.__enter__(), "async with"),
    "NOT_GIVEN": (imported("NOT_GIVEN"), "leave the argument out"),
    "omit": (imported("omit"), "leave the argument out"),
    "Runloop": (imported("Runloop"), "AsyncRunloop"),
    "AsyncRunloopSDK": (imported("AsyncRunloopSDK"), r"client\.devboxes"),
    "DefaultAioHttpClient": (imported("DefaultAioHttpClient"), "session, proxy"),
    "Timeout": (imported("Timeout"), "use Timeouts"),
    "error.response": (
        lambda _: NotFoundError("no", status_code=404).response,  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownLambdaType, reportUnknownMemberType]
        "status_code",
    ),
    "error.request": (
        lambda _: NotFoundError("no", status_code=404).request,  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownLambdaType, reportUnknownMemberType]
        "method and route",
    ),
}


@pytest.mark.parametrize("idiom", IDIOMS)
def test_an_error_names_what_replaces_it(client: AsyncRunloop, idiom: str) -> None:
    attempt, replacement = IDIOMS[idiom]

    with pytest.raises(
        (TypeError, ValueError, AttributeError, ImportError), match=replacement
    ):
        attempt(client)


async def test_a_page_names_what_replaces_its_next_page_info(
    runloop_client: AsyncRunloop,
) -> None:
    page: Any = await runloop_client.benchmark_runs.list()

    with pytest.raises(AttributeError, match="get_next_page"):
        _ = page.next_page_info


def test_an_import_names_what_replaces_it() -> None:
    with pytest.raises(ImportError, match="leave the argument out"):
        exec("from runloop_async import NOT_GIVEN")  # noqa: S102 - what a user writes


def test_other_attributes_have_an_ordinary_error(client: Any) -> None:
    owners: list[Any] = [client, client.secrets, NotFoundError("no", status_code=404)]
    for owner in owners:
        with pytest.raises(AttributeError, match=r"has no attribute 'nothing'$"):
            _ = owner.nothing
    with pytest.raises(AttributeError, match="module 'runloop_async' has no"):
        _ = runloop_async.nothing  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    assert not hasattr(client.secrets, "__deepcopy__")


def test_other_mistakes_keep_their_own_error(client: Any) -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        client.benchmark_runs.retrieve()
    with pytest.raises(TypeError, match="unexpected keyword argument 'idd'"):
        client.benchmark_runs.retrieve(idd="bmr_1")


def test_what_is_told_of_is_not_there(client: AsyncRunloop) -> None:
    assert not moved.NAMES.keys() & {*dir(runloop_async)}
    assert not moved.CLIENT.keys() & {*dir(client)}


async def test_with_is_refused_with_a_word(client: Any) -> None:
    with pytest.raises(TypeError, match="async with"), client:
        pass
    await client.aclose()


def test_types_are_the_models() -> None:
    from runloop_async.types import BenchmarkRunView  # noqa: PLC0415 - what is tested

    assert BenchmarkRunView is models.BenchmarkRunView
    assert dir(types) == dir(models)


@attrs.frozen(kw_only=True)
class Name:
    """A part of an account."""

    id: str


async def test_endpoints_without_a_method(
    runloop_client: AsyncRunloop, runloop_emulator: Emulator
) -> None:
    run_id = str(runloop_emulator.benchmark_runs.add(state="running")["id"])
    client = runloop_client

    run = await client.get("/v1/benchmark_runs/{id}", Name, id=run_id)
    page = await client.get(
        "/v1/benchmark_runs", dict[str, JsonValue], query={"limit": 1}
    )
    made = await client.post("/v1/benchmarks", Name, body={"name": "mine"})
    ended = await client.post("/v1/benchmark_runs/{id}/cancel", Name, id=run_id)

    assert run == ended == Name(id=run_id)
    assert page["has_more"] is False
    assert made.id.startswith("bmd_")
    requests = runloop_emulator.requests
    assert [each.method for each in requests] == ["GET", "GET", "POST", "POST"]
    assert requests[1].query == {"limit": "1"}


async def test_they_are_sent_again_where_that_is_safe(
    runloop_client: AsyncRunloop, runloop_emulator: Emulator
) -> None:
    runloop_emulator.faults.add(status(503), times=1)
    assert (await runloop_client.get("/v1/accounts/me", Name)).id

    runloop_emulator.faults.add(status(503), times=1)
    with pytest.raises(InternalServerError) as caught:
        await runloop_client.post("/v1/benchmarks", Name, body={"name": "mine"})
    assert (caught.value.attempts, caught.value.ambiguous) == (1, True)

    runloop_emulator.faults.add(status(503), times=1)
    call = runloop_client.post(
        "/v1/benchmarks", Name, body={"name": "mine"}, idempotent=True
    )
    assert (await call).id


async def test_their_responses_are_checked(runloop_client: AsyncRunloop) -> None:
    with pytest.raises(APIResponseValidationError):
        await runloop_client.get("/v1/benchmark_runs", Name)


def test_what_they_send(client: AsyncRunloop, recorder: Recorder) -> None:
    vars(client)["_runner"] = recorder

    put = client.put("/v1/things/{id}", Name, id="a/b", body={"a": [1, None]})
    delete = client.delete("/v1/things", type(None), query={"all": True})

    assert (put.request.method, put.request.path) == ("PUT", "/v1/things/a%2Fb")
    assert put.request.json == {"a": [1, None]}
    assert (delete.request.method, delete.request.query) == (
        "DELETE",
        {"all": "true"},
    )
    put.close()
    delete.close()


@pytest.mark.parametrize(
    ("route", "ids", "why"),
    [
        ("v1/a", {}, "is no path"),
        ("//evil.example/v1", {}, "is no path"),
        ("https://evil.example/", {}, "is no path"),
        ("/v1/../admin", {}, "is no path"),
        ("/v1/a?b=c", {}, "is no path"),
        ("/v1/a b", {}, "is no path"),
        ("/v1/a\r\nb", {}, "is no path"),
        ("/", {}, "is no path"),
        (5, {}, "route must be a str"),
        ("/v1/{id}", {}, "are id; given are none"),
        ("/v1/a", {"id": "b"}, "are none; given are id"),
        ("/v1/{id}", {"id": ""}, "id is empty"),
    ],
)
def test_what_is_no_path_is_refused(
    client: Any, route: object, ids: dict[str, str], why: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=why):
        client.get(route, Name, **ids)


def test_the_module_of_types_is_imported_alone() -> None:
    assert import_module("runloop_async.types") is types
