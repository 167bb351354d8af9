"""The base of all resources: what makes calls of endpoints."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypeVar, get_type_hints

from runloop_async.annotations import JsonObject
from runloop_async.calls.call import Call
from runloop_async.calls.runner import Runner
from runloop_async.convert import encode, shapes
from runloop_async.models.shared import InQuery
from runloop_async.wire.request import Request, Safety, Workload, fill, query_pairs

T = TypeVar("T")


class Resource:
    """What the API offers around one kind of thing, each endpoint as a method."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def _get(
        self,
        route: str,
        shape: type[T],
        query: Mapping[str, object] | None = None,
        params: type | None = None,
        /,
        **ids: object,
    ) -> Call[T]:
        """Make a read; `params` says which query parameters there are."""
        request = Request(
            method="GET",
            route=route,
            path=fill(route, ids),
            query=_query(query, params) if query and params else (),
        )
        return Call(self._runner, request, shape)

    def _delete(self, route: str, shape: type[T], /, **ids: object) -> Call[T]:
        """Make a deletion; a second one changes nothing."""
        request = Request(method="DELETE", route=route, path=fill(route, ids))
        return Call(self._runner, request, shape)

    def _post(
        self,
        route: str,
        shape: type[T],
        fields: Mapping[str, object] | None = None,
        params: type | None = None,
        /,
        *,
        safety: Safety = Safety.ONCE,
        workload: Workload = Workload.API,
        accept: str = "application/json",
        timeout_s: float | None = None,
        **ids: object,
    ) -> Call[T]:
        """Make a write; `params` says which fields there are, none sends no body."""
        body: JsonObject | None = None
        query: dict[str, object] = {}
        if params is not None:
            body = encode(fields or {}, params)
            asked = _in_query(params)
            query = {name: body.pop(name) for name in asked if name in body}
            if len(asked) == len(params.__annotations__):  # there is no body at all
                body = None
        request = Request(
            method="POST",
            route=route,
            path=fill(route, ids),
            query=query_pairs(query),
            json=body,
            safety=safety,
            workload=workload,
            accept=accept,
            timeout_s=timeout_s,
        )
        return Call(self._runner, request, shape)


@cache
def _in_query(params: type) -> Sequence[str]:
    """Return the names of the fields of a write that go into its query."""
    hints = get_type_hints(params, include_extras=True)
    return [
        shapes.wire_name(name, hint)
        for name, hint in hints.items()
        if shapes.note(hint, InQuery) is not None
    ]


def _query(query: Mapping[str, object], params: type) -> tuple[tuple[str, str], ...]:
    known = params.__annotations__
    given = {
        name: value
        for name, value in query.items()
        if value is not None or name not in known  # a misspelt name is told in any case
    }
    return query_pairs(encode(given, params))
