"""Every endpoint and model against the facts of the API's surface, both ways."""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, get_args, get_origin, is_typeddict

import attrs
import pytest

from runloop_async import AsyncRunloop, Call, Flow, PageCall, models
from runloop_async.call import Resource
from runloop_async.transfer import Download
from tests import surface

CLIENT = AsyncRunloop(bearer_token="none")
METHODS: Mapping[str, Any] = {
    name: method
    for group, resource in vars(CLIENT).items()
    if isinstance(resource, Resource)
    for name, method in surface.methods(resource, group)
}
GROUPS = {name.split(".")[0] for name in METHODS}
ENDPOINTS = {
    name: endpoint
    for name, endpoint in surface.ENDPOINTS.items()
    if name.split(".")[0] in GROUPS
}
CALLS = {
    name: method
    for name, method in METHODS.items()
    if get_origin(method.__annotations__["return"]) is not Flow
}
OURS: Mapping[str, Any] = {
    name: value
    for module in pkgutil.iter_modules(models.__path__)
    for name, value in vars(
        importlib.import_module(f"runloop_async.models.{module.name}")
    ).items()
    if surface.is_model(value) and value.__module__.endswith(f".{module.name}")
}
# Names of ours that stand for none of the API's: building blocks and query parameters.
BLOCKS = {"Wire", "Range", "Unknown", "PageParams", "CountedPageParams"}
# What the OpenAPI document has as a scenario and is a list, by name and parameters.
MISTYPED = {"scenarios.list_runs"}


def test_every_endpoint_has_a_method_and_every_method_an_endpoint() -> None:
    assert sorted(CALLS) == sorted(ENDPOINTS)


@pytest.mark.parametrize("name", sorted(ENDPOINTS))
def test_the_request_has_the_verb_and_path_of_the_endpoint(name: str) -> None:
    endpoint = ENDPOINTS[name]
    ids = {each: f"<{each}>" for each in endpoint.get("path_params", [])}

    request = minimal_call(name, **ids).request

    assert (request.method, request.route) == (endpoint["method"], endpoint["path"])
    assert request.accept == endpoint.get("accept", "application/json")
    for value in ids.values():
        assert value.replace("<", "%3C").replace(">", "%3E") in request.path


@pytest.mark.parametrize("name", sorted(ENDPOINTS))
def test_the_method_takes_every_parameter_and_no_other(name: str) -> None:
    endpoint = ENDPOINTS[name]
    fields = endpoint.get("query") or endpoint.get("body", {}).get("fields", [])

    params = surface.params_of(METHODS[name])

    found = {} if params is None else surface.dict_fields(params)
    assert found == surface.facts_of_fields(fields)


@pytest.mark.parametrize("name", sorted(ENDPOINTS.keys() - MISTYPED))
def test_the_method_gives_the_answer_of_the_endpoint(name: str) -> None:
    response = ENDPOINTS[name]["response"]
    annotation = METHODS[name].__annotations__["return"]

    if response["kind"] == "list":
        assert get_origin(annotation) is PageCall
        assert get_args(annotation)[0].__name__ == response["item"]
    elif response["kind"] == "binary":
        assert annotation is Download
    else:
        assert get_origin(annotation) is Call
        assert get_args(annotation)[0].__name__ == response["model"]


@pytest.mark.parametrize("name", sorted(OURS.keys() - BLOCKS))
def test_a_model_has_every_field_and_no_other(name: str) -> None:
    ours = OURS[name]
    fact = surface.MODELS.get(name.removesuffix("Param")) or {}

    found = (surface.dict_fields if is_typeddict(ours) else surface.model_fields)(ours)

    if "List" in name and is_typeddict(ours):
        return  # query parameters, which the endpoints were held against
    wanted = surface.facts_of_fields(fact["fields"])
    if attrs.has(ours):  # a decoder takes null for whatever need not be there
        wanted = {
            key: (wire, kind, required, nullable or not required)
            for key, (wire, kind, required, nullable) in wanted.items()
        }
    assert without_json_nulls(found) == without_json_nulls(wanted)


def without_json_nulls(fields: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    """Leave aside whether any JSON may be null: it may."""
    return {
        name: facts[:3] if facts[1] == "object" else facts
        for name, facts in fields.items()
    }


def minimal_call(name: str, **ids: str) -> Call[Any]:
    """Return the call of a method with no more than it needs."""
    params = surface.params_of(METHODS[name])
    needed = {} if params is None else surface.minimal(params)
    call: Call[Any] = METHODS[name](**ids, **needed)
    return call
