"""The base of all resources: makes the right kind of call in one step."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from runloop_async.annotations import JsonObject, awaitable, listed, override
from runloop_async.calls.already import Already, Write
from runloop_async.calls.call import Call, Unsent
from runloop_async.calls.files import WHOLE_S, Download
from runloop_async.calls.paging import PageCall
from runloop_async.calls.reading import reader
from runloop_async.calls.runner import Runner
from runloop_async.calls.streaming import EventStream, Status
from runloop_async.convert import shapes
from runloop_async.convert.encoding import encode
from runloop_async.models.shared import InQuery
from runloop_async.moved import RESOURCE, explained, missing
from runloop_async.values import query_texts
from runloop_async.wire.positions import NoPosition, Position
from runloop_async.wire.request import Content, Request, Safety, Workload, fill
from runloop_async.wire.response import Response

T = TypeVar("T")
U = TypeVar("U")
EnvelopeT = TypeVar("EnvelopeT")


class Resource:
    """What the API offers around one kind of thing, each endpoint as a method.

    Public methods are marked as coroutine functions, and their signatures list the
    parameters that `**fields: Unpack[...]` stands for.
    """

    @override
    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, method in [*vars(cls).items()]:
            if not name.startswith("_") and inspect.isfunction(method):
                setattr(cls, name, awaitable(listed(explained(method))))

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    if not TYPE_CHECKING:  # pragma: no branch

        def __getattr__(self, name: str) -> object:
            raise missing(self, name, RESOURCE)

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
            query=_query(query, params) if query and params else {},
        )
        return Call(self._runner, request, reader(shape))

    def _list(
        self,
        route: str,
        envelope: type[EnvelopeT],
        items: Callable[[EnvelopeT], list[T]],
        query: Mapping[str, object] | None = None,
        params: type | None = None,
        /,
        *,
        counted: bool = True,
        key: str = "id",
        **ids: object,
    ) -> PageCall[T]:
        """Make a list that comes in pages.

        Args:
            route: The path template.
            envelope: The shape of a page.
            items: Where in the envelope the items are.
            query: The query parameters.
            params: Which query parameters there are.
            counted: Whether the endpoint has the parameter `include_total_count`.
            key: The field of an item that is the cursor to the page after it; empty if
                the endpoint has no further pages.
            **ids: The ids in the path.
        """
        return PageCall(
            self._runner,
            _read(route, query, params, ids),
            shape=envelope,
            items=items,
            counted=counted,
            key=key,
        )

    def _stream(
        self,
        route: str,
        shape: type[T],
        query: Mapping[str, object] | None = None,
        params: type | None = None,
        /,
        *,
        position: Callable[[], Position[T]] = NoPosition,
        status: Status | None = None,
        **ids: object,
    ) -> EventStream[T]:
        """Make a stream of events of a shape.

        Args:
            route: The path template.
            shape: The shape of an event.
            query: The query parameters.
            params: Which query parameters there are.
            position: Makes what tells how to resume the stream.
            status: How to find out whether the stream has nothing more to give.
            **ids: The ids in the path.
        """
        request = _read(
            route,
            query,
            params,
            ids,
            accept="text/event-stream",
            workload=Workload.STREAM,
            timeout_s=math.inf if position is NoPosition else None,
        )
        return EventStream(self._runner, request, shape, position, status)

    def _set(
        self,
        route: str,
        shape: type[T],
        already: Already[U],
        fields: Mapping[str, object] | None = None,
        params: type | None = None,
        /,
        *,
        method: str = "POST",
        **ids: object,
    ) -> Call[T | U]:
        """Make a write that sets a state, so that it can be sent again.

        Args:
            route: The path template.
            shape: The shape of the response.
            already: How to find out that an earlier attempt was carried out.
            fields: The fields of the body.
            params: Which fields there are; none sends no body.
            method: The HTTP method.
            **ids: The ids in the path.
        """
        request = _write(route, fields, params, ids, safety=Safety.SAFE, method=method)
        read: Callable[[Response], T | U] = reader(shape)
        return Write(
            self._runner, request, read, unsent=Unsent(request), already=already
        )

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
        request = _write(
            route,
            fields,
            params,
            ids,
            safety=safety,
            workload=workload,
            accept=accept,
            timeout_s=timeout_s,
        )
        return Call(self._runner, request, reader(shape), unsent=Unsent(request))

    def _file(
        self,
        route: str,
        fields: Mapping[str, object] | None = None,
        params: type | None = None,
        /,
        *,
        accept: str,
        **ids: object,
    ) -> Download:
        """Make a download; the API asks for files by POST, which changes nothing."""
        request = _write(
            route,
            fields,
            params,
            ids,
            safety=Safety.SAFE,
            workload=Workload.DOWNLOAD,
            accept=accept,
            timeout_s=WHOLE_S,
        )
        return Download(self._runner, request, reader(bytes))

    def _upload(
        self, route: str, shape: type[T], content: Content, /, **ids: object
    ) -> Call[T]:
        """Make an upload, which replaces what there was."""
        request = _write(
            route,
            None,
            None,
            ids,
            content=content,
            workload=Workload.UPLOAD,
            safety=Safety.SAFE,
            timeout_s=WHOLE_S,
        )
        return Call(self._runner, request, reader(shape), unsent=Unsent(request))


def _read(
    route: str,
    query: Mapping[str, object] | None,
    params: type | None,
    ids: Mapping[str, object],
    **more: Any,
) -> Request:
    return Request(
        method="GET",
        route=route,
        path=fill(route, ids),
        query=_query(query, params) if query and params else {},
        **more,
    )


def _query(query: Mapping[str, object], params: type) -> dict[str, str]:
    known = params.__annotations__
    given = {
        name: value
        for name, value in query.items()
        if value is not None or name not in known  # a misspelt name is told in any case
    }
    return query_texts(encode(given, params))


def _write(
    route: str,
    fields: Mapping[str, object] | None,
    params: type | None,
    ids: Mapping[str, object],
    *,
    method: str = "POST",
    **more: Any,
) -> Request:
    body: JsonObject | None = None
    query: dict[str, object] = {}
    if params is not None:
        body = encode(fields or {}, params)
        asked = _in_query(params)
        query = {name: body.pop(name) for name in asked if name in body}
        if len(asked) == len(params.__annotations__):  # there is no body at all
            body = None
    return Request(
        method=method,
        route=route,
        path=fill(route, ids),
        query=query_texts(query),
        json=body,
        **more,
    )


@cache
def _in_query(params: type) -> Sequence[str]:
    """Return the names of the fields of a write that go into its query."""
    hints = get_type_hints(params, include_extras=True)
    return [
        shapes.wire_name(name, hint)
        for name, hint in hints.items()
        if shapes.note(hint, InQuery) is not None
    ]
