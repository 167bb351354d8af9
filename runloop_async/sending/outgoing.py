"""Build the outgoing HTTP request."""

import math
from collections.abc import Mapping
from typing import Final
from uuid import uuid4

import attrs
import msgspec
from multidict import CIMultiDict
from yarl import URL

from runloop_async._version import __version__
from runloop_async.annotations import JsonObject, override
from runloop_async.options import CallOptions, ClientOptions, Timeouts
from runloop_async.values import query_texts
from runloop_async.wire.ids import uuid7
from runloop_async.wire.inflate import ENCODINGS
from runloop_async.wire.message import Message
from runloop_async.wire.request import Content, Request, query_string

_JSON: Final = "application/json"


class Headers:
    """The headers of a request: to look up and change, and as they go out.

    What most requests of a client send is one object, whose lines are made once.
    """

    __slots__ = ("_lines", "mapping")

    def __init__(self, mapping: CIMultiDict[str]) -> None:
        self.mapping = mapping
        """By name, without regard to case. Whoever hands it on hands on a copy."""
        self._lines: str | None = None

    def lines(self) -> str:
        """Return them as lines of HTTP/1.1.

        Raises:
            ValueError: One would be read as several; it was not checked before.
        """
        if self._lines is None:
            lines = "".join(
                f"{name}: {value}\r\n" for name, value in self.mapping.items()
            )
            if lines.count("\n") != len(self.mapping) or "\0" in lines:
                raise ValueError("a header has control characters")
            self._lines = lines
        return self._lines


class Outgoing(Message, msgspec.Struct, kw_only=True, eq=False):
    """A request as it goes out: the same in every attempt of its call."""

    method: str
    base: str
    """Scheme, host and port; of a request to another server, its whole URL."""
    target: str = ""
    """Path and query, percent-encoded."""
    headers: Headers
    body: bytes | Content | None = None
    timeouts: Timeouts
    max_bytes: int
    """Largest response to read."""
    route: str = ""
    """The verb and the path template."""
    is_patient: bool = False
    """Whether it is part of a wait, which outlasts an outage."""

    @property
    @override
    def about(self) -> str:
        """The method and the URL, but not what signs one that is another's."""
        return f"{self.method} {self.base.partition('?')[0]}{self.target}"

    @property
    def url(self) -> URL:
        """The whole URL."""
        return URL(self.base + self.target, encoded=True)


class Preparation:
    """Prepares requests, with what a client's options add to each."""

    def __init__(self, options: ClientOptions) -> None:
        """Prepare what is the same for all requests."""
        self._options = options
        url = URL(options.base_url)
        self._base = str(url.origin())
        self._root = url.raw_path.rstrip("/")
        host = url.host_port_subcomponent or ""
        mapping = CIMultiDict(
            {
                "Host": host,
                "Accept": _JSON,
                "Accept-Encoding": ENCODINGS,
                "Authorization": f"Bearer {options.bearer_token.reveal()}",
                "User-Agent": f"runloop-async/{__version__}",
            }
        )
        mapping.update(options.default_headers)
        self._headers = Headers(mapping)
        self._has_query = bool(options.default_query)

    def outgoing(self, request: Request, options: CallOptions, name: str) -> Outgoing:
        """Return what goes out for a request.

        Args:
            request: What to ask.
            options: The options of the call.
            name: The name of the request.
        """
        timeouts, headers, elsewhere = (
            self._options.timeouts,
            self._headers,
            request.url,
        )
        target = self._root + request.path if elsewhere is None else ""
        if options or request.timeout_s is not None:
            timeouts = self._timeouts_of(request, options)
        if elsewhere is None and (options or request.query or self._has_query):
            target += self._query_of(request, options)
        if options or request.method != "GET" or request.accept != _JSON:
            headers = self._headers_of(request, options)
        elif elsewhere is not None:
            headers = _headers_elsewhere(request)
        return Outgoing(
            method=request.method,
            base=self._base if elsewhere is None else elsewhere,
            target=target,
            headers=headers,
            body=request.content
            if request.json is None
            else _body(request, request.json),
            timeouts=timeouts,
            max_bytes=self._options.max_response_bytes,
            route=name,
            is_patient=request.patient,
        )

    def _timeouts_of(self, request: Request, options: CallOptions) -> Timeouts:
        timeouts, wanted_s = self._options.timeouts, request.timeout_s
        if "timeout" in options:
            return Timeouts.of(options["timeout"])
        if wanted_s == math.inf:  # nothing may happen for as long as it takes
            return attrs.evolve(timeouts, idle=None)
        if wanted_s is None or self._options.own_timeouts:
            return timeouts
        return attrs.evolve(timeouts, total=wanted_s, idle=wanted_s)

    def _query_of(self, request: Request, options: CallOptions) -> str:
        query = request.query
        if self._has_query or "query" in options:
            # What one call asks for replaces what the client adds; None takes it away.
            asked = options.get("query") or {}
            query = query_texts({**self._options.default_query, **query, **asked})
        return f"?{query_string(query)}" if query else ""

    def _headers_of(self, request: Request, options: CallOptions) -> Headers:
        if request.url is not None:
            return _headers_elsewhere(request)
        headers = self._headers.mapping.copy()
        if request.accept != _JSON:  # else it is there, unless the client has another
            headers["Accept"] = request.accept
        if request.json is not None:
            headers["Content-Type"] = _JSON
        if request.method != "GET":
            headers["x-request-id"] = options.get("idempotency_key") or str(uuid4())
        headers.update(options.get("headers") or {})
        headers.update(_content_headers(request.content))
        return Headers(headers)


def _body(request: Request, fields: JsonObject) -> bytes:
    if request.key_field is not None:
        fields = {request.key_field: uuid7(), **fields}
    return msgspec.json.encode(fields)


def _headers_elsewhere(request: Request) -> Headers:
    """Return what goes to another server: nothing that is the client's own."""
    headers = CIMultiDict({"Accept-Encoding": ENCODINGS})
    headers.update(_content_headers(request.content))
    headers.update(request.headers)
    return Headers(headers)


def _content_headers(content: Content | None) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    if content is not None and content.type is not None:
        headers["Content-Type"] = content.type
    if content is not None and content.size is not None:
        headers["Content-Length"] = str(content.size)
    return headers
