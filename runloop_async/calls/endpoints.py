"""Endpoints that have no method yet, by their path."""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

from runloop_async.annotations import JsonObject, JsonValue, awaitable
from runloop_async.calls.call import Call, Unsent
from runloop_async.calls.reading import reader
from runloop_async.calls.runner import Runner
from runloop_async.moved import explained
from runloop_async.values import query_texts
from runloop_async.wire.request import Request, Safety, fill

T = TypeVar("T")

_PLACES: Final = re.compile(r"\{(\w+)\}")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_~.\-]+|\{\w+\}")


class Endpoints:
    """Calls by verb and path, with all that calls of a method have.

    `shape` is what the response is decoded to: an attrs class, `dict[str, JsonValue]`,
    a list of one of these, `bytes` or `str` for the body as it came, `type(None)` for
    nothing.
    """

    _runner: Runner

    @awaitable
    @explained
    def get(
        self,
        route: str,
        shape: type[T],
        *,
        query: Mapping[str, object] | None = None,
        **ids: str,
    ) -> Call[T]:
        """Read from an endpoint that has no method yet.

            client.get("/v1/things/{id}", dict[str, JsonValue], id="thg_1")

        Args:
            route: The path; ids go in as `{name}`.
            shape: What the response is decoded to.
            query: Query parameters.
            **ids: What the names in the path stand for.

        Raises:
            TypeError: The ids are not those of the path, or a value cannot be sent.
            ValueError: The path is no path, or a value cannot be sent.
        """
        return self._call("GET", route, shape, ids, query, None, Safety.SAFE)

    @awaitable
    @explained
    def post(
        self,
        route: str,
        shape: type[T],
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        idempotent: bool = False,
        **ids: str,
    ) -> Call[T]:
        """Post to an endpoint that has no method yet.

        Args:
            route: The path; ids go in as `{name}`.
            shape: What the response is decoded to.
            body: The JSON body.
            query: Query parameters.
            idempotent: Whether doing it twice changes nothing, so that it may be sent
                again after any failure.
            **ids: What the names in the path stand for.

        Raises:
            TypeError: The ids are not those of the path, or a value cannot be sent.
            ValueError: The path is no path, or a value cannot be sent.
        """
        safety = Safety.SAFE if idempotent else Safety.ONCE
        return self._call("POST", route, shape, ids, query, body, safety)

    @awaitable
    @explained
    def put(
        self,
        route: str,
        shape: type[T],
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        **ids: str,
    ) -> Call[T]:
        """Replace something by an endpoint that has no method yet; see `post`."""
        return self._call("PUT", route, shape, ids, query, body, Safety.SAFE)

    @awaitable
    @explained
    def delete(
        self,
        route: str,
        shape: type[T],
        *,
        query: Mapping[str, object] | None = None,
        **ids: str,
    ) -> Call[T]:
        """Delete something by an endpoint that has no method yet; see `get`."""
        return self._call("DELETE", route, shape, ids, query, None, Safety.SAFE)

    def _call(
        self,
        method: str,
        route: str,
        shape: type[T],
        ids: Mapping[str, object],
        query: Mapping[str, object] | None,
        body: Mapping[str, object] | None,
        safety: Safety,
    ) -> Call[T]:
        _check(route, ids)
        fields: JsonObject | None = None
        if body is not None:  # the converters take longer to import than all else
            from runloop_async.convert.encoding import encode  # noqa: PLC0415

            fields = encode(body, dict[str, JsonValue])
        request = Request(
            method=method,
            route=route,
            path=fill(route, ids),
            query=query_texts(query or {}),
            json=fields,
            safety=safety,
        )
        unsent = None if method == "GET" else Unsent(request)
        return Call(self._runner, request, reader(shape), unsent=unsent)


def _check(route: object, ids: Mapping[str, object]) -> None:
    """Refuse what is no path, or would lead to another one or to another server."""
    if not isinstance(route, str):
        raise TypeError(f"route must be a str, not {type(route).__name__}")
    first, *segments = route.split("/")
    if first or not all(map(_is_segment, segments)):
        raise ValueError(
            f"{route!r} is no path: give one such as '/v1/things/{{id}}', with id= as "
            "an argument and parameters as query="
        )
    places: set[str] = {*_PLACES.findall(route)}
    if places != {*ids}:
        names = ", ".join(sorted(places)) or "none"
        given = ", ".join(sorted(ids)) or "none"
        raise TypeError(f"the ids in {route!r} are {names}; given are {given}")


def _is_segment(text: str) -> bool:
    return text not in {".", ".."} and _SEGMENT.fullmatch(text) is not None
