"""Every endpoint and model against the facts of the API's surface, both ways."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin, is_typeddict

import attrs
import pytest

from runloop_async import AsyncRunloop, Call, Flow, PageCall, models
from runloop_async.calls.files import Download
from runloop_async.calls.streaming import EventStream
from tests import surface
from tests.fakes import Recorder

RECORDER = Recorder()
CASES = Path(__file__).parent / "resources"
METHODS: Mapping[str, Any] = {
    name: method
    for group, resource in surface.groups(AsyncRunloop(bearer_token="none"))
    for name, method in surface.methods(type(resource)(RECORDER), group)
}
GROUPS = {name.split(".")[0] for name in METHODS}
ENDPOINTS = {
    name: endpoint
    for name, endpoint in surface.ENDPOINTS.items()
    if name.split(".")[0] in GROUPS
}
# What holds a devbox, and asks for it by other methods.
HANDLES = {"devboxes.open", "devboxes.box", "pty.attach"}
CALLS = {
    name: method
    for name, method in METHODS.items()
    if get_origin(method.__annotations__["return"]) is not Flow and name not in HANDLES
}
OURS: Mapping[str, Any] = {
    name: value
    for module in pkgutil.walk_packages(models.__path__, f"{models.__name__}.")
    for name, value in vars(importlib.import_module(module.name)).items()
    if surface.is_model(value) and value.__module__ == module.name
}
# Names of ours that stand for none of the API's: building blocks and query parameters.
BLOCKS = {
    "Wire",
    "Range",
    "Unknown",
    "PageParams",
    "CountedPageParams",
    "MetadataFilterParams",
    "InQuery",
}
# What is asked for and then waited for.
COMPOSED = {"devboxes.create_and_await_running"}
# What sends a form of parts, not JSON.
FORMS = {
    name
    for name, endpoint in ENDPOINTS.items()
    if endpoint.get("body", {}).get("encoding") == "multipart"
}
# Parameters of methods, which are held against the endpoints.
PARAMETERS = {
    params.__name__
    for params in map(surface.params_of, METHODS.values())
    if params is not None
}
# Kinds of answers that come event by event.
STREAMS = {"sse", "unspecified"}
# Fields that are made here where the user leaves them out.
MADE = {"command_id"}
# What the OpenAPI document has as a scenario and is a list, by name and parameters.
MISTYPED = {"scenarios.list_runs"}


def test_every_endpoint_has_a_method() -> None:
    assert sorted(ENDPOINTS.keys() - CALLS.keys() - COMPOSED) == []
    assert METHODS.keys() >= COMPOSED


def test_a_method_that_the_facts_do_not_have_yet_is_tested_by_itself() -> None:
    cases = "".join(file.read_text() for file in CASES.rglob("test_*.py"))

    ahead = [name.rsplit(".", 1)[-1] for name in CALLS.keys() - ENDPOINTS.keys()]

    assert [name for name in ahead if f'"{name}": Case[' not in cases] == []


@pytest.mark.parametrize("name", sorted(ENDPOINTS.keys() - COMPOSED))
def test_the_request_has_the_verb_and_path_of_the_endpoint(name: str) -> None:
    endpoint = ENDPOINTS[name]
    sample = "{}" if name.startswith("pty.") else "<{}>"

    call = minimal_call(name, sample)

    request = call.request
    if isinstance(call, Call):
        is_write = request.method != "GET" and not isinstance(call, Download)
        assert (call.unsent is not None) is is_write
        call.close()  # it is not to be sent

    assert (request.method, request.route) == (endpoint["method"], endpoint["path"])
    is_stream = endpoint["response"]["kind"] in STREAMS
    accept = "text/event-stream" if is_stream else "application/json"
    assert request.accept == endpoint.get("accept", accept)
    for each in path_params(name):
        value = sample.format(each)
        assert value.replace("<", "%3C").replace(">", "%3E") in request.path


@pytest.mark.parametrize("name", sorted(ENDPOINTS.keys() - FORMS))
def test_the_method_takes_every_parameter_and_no_other(name: str) -> None:
    endpoint = ENDPOINTS[name]
    fields = endpoint.get("query", []) + endpoint.get("body", {}).get("fields", [])

    wanted = surface.facts_of_fields(fields)

    params = surface.params_of(METHODS[name])
    found = {} if params is None else surface.dict_fields(params)

    if "metadata_key" in found:
        del found["metadata"]  # what the facts have for one key only
    for made in MADE & wanted.keys():
        wanted[made] = (*wanted[made][:2], False, False)
    if name in COMPOSED:  # it may have to ask for more than one endpoint
        found = {key: facts for key, facts in found.items() if key in wanted}
    assert found == wanted


@pytest.mark.parametrize("name", sorted(FORMS))
def test_the_method_takes_every_part_of_a_form_and_no_other(name: str) -> None:
    endpoint = ENDPOINTS[name]
    parts = [field["name"] for field in endpoint["body"]["fields"]]
    assert surface.keywords(METHODS[name]) == [*parts, "progress"]


@pytest.mark.parametrize("name", sorted(ENDPOINTS.keys() - MISTYPED - COMPOSED))
async def test_the_method_decodes_the_least_and_the_most_that_may_come(
    name: str,
) -> None:
    response = ENDPOINTS[name]["response"]
    if response["kind"] not in {"model", "list"}:
        return
    model = response.get("envelope") or response["model"]
    for is_full in (False, True):
        RECORDER.answers = [(200, surface.sample(model, is_full=is_full))]
        call = minimal_call(name)
        assert not isinstance(call, EventStream)
        await call


@pytest.mark.parametrize("name", sorted(ENDPOINTS.keys() - MISTYPED))
def test_the_method_gives_the_answer_of_the_endpoint(name: str) -> None:
    response = ENDPOINTS[name]["response"]
    annotation = METHODS[name].__annotations__["return"]

    if name in COMPOSED:
        assert get_args(annotation)[0].__name__ == response["model"]
    elif response["kind"] == "list":
        assert get_origin(annotation) is PageCall
        assert get_args(annotation)[0].__name__ == response["item"]
    elif response["kind"] == "binary":
        assert annotation is Download
    elif response["kind"] in STREAMS:
        assert get_origin(annotation) is EventStream
    elif response["kind"] in {"object", "text"}:
        (kind,) = get_args(annotation)
        assert kind is {"object": None, "text": str}[response["kind"]]
    else:
        assert get_origin(annotation) is Call
        (kind,) = get_args(annotation)
        if name.rpartition(".")[2].startswith("delete"):
            kind, _ = get_args(kind)  # None if the response was lost
        assert kind.__name__ == response["model"]


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in sorted(OURS.keys() - BLOCKS - PARAMETERS)
        if name.removesuffix("Param") in surface.MODELS
    ],
)
def test_a_model_has_every_field_and_no_other(name: str) -> None:
    ours = OURS[name]
    fact = surface.MODELS[name.removesuffix("Param")]

    found = (surface.dict_fields if is_typeddict(ours) else surface.model_fields)(ours)

    wanted = surface.facts_of_fields(fact["fields"])
    if attrs.has(ours):  # a decoder takes null for whatever need not be there
        wanted = {
            key: (wire, kind, required, nullable or not required)
            for key, (wire, kind, required, nullable) in wanted.items()
        }
    assert without_json_nulls(found) == without_json_nulls(wanted)


def test_every_model_is_here() -> None:
    facts = {
        name
        for name, fact in surface.MODELS.items()
        if fact["kind"] not in {"union", "request"} and name not in surface.ENVELOPES
    }
    ours = {name.removesuffix("Param") for name in OURS.keys() - PARAMETERS}
    assert sorted(facts - ours) == []


def without_json_nulls(fields: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    """Leave aside whether any JSON may be null: it may."""
    return {
        name: facts[:3] if facts[1] == "object" else facts
        for name, facts in fields.items()
    }


def minimal_call(name: str, sample: str = "{}") -> Call[Any] | EventStream[Any]:
    """Return the call of a method with no more than it needs."""
    method = METHODS[name]
    needed = {each: sample.format(each) for each in path_params(name)}
    call: Call[Any] | EventStream[Any] = method(**needed, **minimal_of(method))
    return call


def path_params(name: str) -> Sequence[str]:
    names: Sequence[str] = ENDPOINTS[name].get("path_params", [])
    return names


def minimal_of(method: Any) -> dict[str, object]:
    """Return the arguments, besides ids, that a method must have."""
    params = surface.params_of(method)
    needed = {} if params is None else surface.minimal(params)
    return needed | ({"path": "text"} if "path" in surface.keywords(method) else {})
