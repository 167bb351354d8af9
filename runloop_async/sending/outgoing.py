"""Build the outgoing HTTP request."""

from collections.abc import Mapping
from typing import Final

import attrs
import msgspec
from multidict import CIMultiDict
from yarl import URL

from runloop_async._version import __version__
from runloop_async.options import CallOptions, ClientOptions, Timeouts
from runloop_async.values import query_pairs
from runloop_async.wire.request import Content, Request, query_string

_JSON: Final = "application/json"


@attrs.frozen(kw_only=True)
class Attempt:
    """One request as it goes out."""

    method: str
    url: URL
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes | Content | None = attrs.field(repr=False)
    total_s: float | None
    """Seconds for all of it, where the response is read whole."""
    idle_s: float | None
    """Seconds between two pieces, where the response is a stream."""
    connect_s: float | None
    """Seconds to reach the server."""
    max_bytes: int
    """Largest response to read."""


class Preparation:
    """Makes attempts of requests, with what a client's options add to each."""

    def __init__(self, options: ClientOptions) -> None:
        """Prepare what is the same for all requests."""
        self._options = options
        self._headers = CIMultiDict(
            {
                "Accept": _JSON,
                "Authorization": f"Bearer {options.bearer_token.reveal()}",
                "User-Agent": f"runloop-async/{__version__}",
            }
        )
        self._headers.update(options.default_headers)

    def attempt(self, request: Request, options: CallOptions, key: str) -> Attempt:
        """Return what goes out for a request.

        Args:
            request: What to ask.
            options: The options of the call.
            key: The `x-request-id` of a write.
        """
        timeouts = self._options.timeouts
        if "timeout" in options:
            timeouts = Timeouts.of(options["timeout"])
        elif request.timeout_s is not None and not self._options.own_timeouts:
            timeouts = attrs.evolve(timeouts, total=request.timeout_s)
        return Attempt(
            method=request.method,
            url=self._url(request, options),
            headers=self._headers_of(request, options, key),
            body=request.content
            if request.json is None
            else msgspec.json.encode(request.json),
            total_s=timeouts.total,
            idle_s=timeouts.total,
            connect_s=timeouts.connect,
            max_bytes=self._options.max_response_bytes,
        )

    def _url(self, request: Request, options: CallOptions) -> URL:
        if request.url is not None:  # with its own query, which may be signed
            return URL(request.url, encoded=True)
        query = request.query
        if self._options.default_query or "query" in options:
            # What one call asks for replaces what the client adds; None takes it away.
            asked = options.get("query") or {}
            query = query_pairs({**self._options.default_query, **dict(query), **asked})
        text = self._options.base_url + request.path
        return URL(f"{text}?{query_string(query)}" if query else text, encoded=True)

    def _headers_of(
        self, request: Request, options: CallOptions, key: str
    ) -> Mapping[str, str]:
        if request.url is not None:
            return _headers_elsewhere(request)
        if request.method == "GET" and request.accept == _JSON and not options:
            return self._headers
        headers = self._headers.copy()
        if request.accept != _JSON:  # else it is there, unless the client has another
            headers["Accept"] = request.accept
        if request.json is not None:
            headers["Content-Type"] = _JSON
        if request.method != "GET":
            headers["x-request-id"] = options.get("idempotency_key") or key
        headers.update(options.get("headers") or {})
        headers.update(_content_headers(request.content))
        return headers


def _headers_elsewhere(request: Request) -> Mapping[str, str]:
    """Return what goes to another server: nothing that is the client's own."""
    headers = CIMultiDict(_content_headers(request.content))
    headers.update(request.headers)
    return headers


def _content_headers(content: Content | None) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    if content is not None and content.type is not None:
        headers["Content-Type"] = content.type
    if content is not None and content.size is not None:
        headers["Content-Length"] = str(content.size)
    return headers
