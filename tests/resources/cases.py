"""A method of a resource: the request that it makes, by value, and what it gives."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import attrs
from msgspec.structs import replace

from runloop_async.annotations import JsonObject
from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.wire.request import Request, Safety, Workload
from tests.fakes import Recorder

ResourceT = TypeVar("ResourceT", bound=Resource)


@attrs.frozen
class Case(Generic[ResourceT]):
    """One way to use a method."""

    call: Callable[[ResourceT], Call[Any]]
    request: Request
    answer: object
    """What the API sends."""
    gives: object
    """The type of what comes of that, or of the items where it is a page."""

    def asked(self, resource: type[ResourceT]) -> Request:
        """Return the request that the method makes."""
        call = self.call(resource(Recorder()))
        call.close()  # it is not to be sent
        return call.request

    async def given(self, resource: type[ResourceT]) -> object:
        """Return the type of what comes of the answer."""
        recorder = Recorder(answers=[(200, self.answer)])
        call = self.call(resource(recorder))
        got: Any = await call
        first: object = got.items[0] if isinstance(call, PageCall) else got
        return type(first)


def get(route: str, query: Mapping[str, str] | None = None, **ids: str) -> Request:
    """Return a read."""
    return Request(
        method="GET",
        route=route,
        path=route.format(**ids),
        query=query or {},
    )


def post(
    route: str,
    json: JsonObject | None = None,
    *,
    safety: Safety = Safety.ONCE,
    **ids: str,
) -> Request:
    """Return a write."""
    return Request(
        method="POST",
        route=route,
        path=route.format(**ids),
        json=json,
        safety=safety,
    )


def file(route: str, **ids: str) -> Request:
    """Return what asks for a file."""
    return replace(
        post(route, None, safety=Safety.SAFE, **ids),
        accept="application/zip",
        workload=Workload.DOWNLOAD,
        timeout_s=600.0,
    )


def methods(resource: type[Resource]) -> set[str]:
    """Return the names of a resource's public methods."""
    functions = inspect.getmembers(resource, inspect.isfunction)
    return {name for name, _ in functions if not name.startswith("_")}
