"""Build the outgoing HTTP request."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Final, TypedDict
from uuid import uuid4

import attrs
import msgspec
from multidict import CIMultiDict
from yarl import URL

from runloop_async._version import __version__
from runloop_async.annotations import override
from runloop_async.calls.tally import Tally
from runloop_async.errors import APIError, APIStatusError, Phase
from runloop_async.events import Event, Failed, Responded, Retried, Sent, Throttled
from runloop_async.options import CallOptions, ClientOptions, Timeouts
from runloop_async.sending.stats import Telemetry
from runloop_async.values import query_pairs
from runloop_async.wire.inflate import ENCODINGS
from runloop_async.wire.message import Message
from runloop_async.wire.request import Content, Request, query_string

_log = logging.getLogger("runloop_async")

_JSON: Final = "application/json"


class Headers:
    """The headers of a request: to look up and change, and as they go out.

    What most requests of a client send is one object, of which the bytes are made once.
    """

    __slots__ = ("_encoded", "mapping")

    def __init__(self, mapping: CIMultiDict[str]) -> None:
        self.mapping = mapping
        """By name, without regard to case. Whoever hands it on hands on a copy."""
        self._encoded: bytes | None = None

    def encoded(self) -> bytes:
        """Return them as lines of HTTP/1.1.

        Raises:
            ValueError: One would be read as several; it was not checked before.
        """
        if self._encoded is None:
            text = "".join(
                f"{name}: {value}\r\n" for name, value in self.mapping.items()
            )
            if text.count("\n") != len(self.mapping) or "\0" in text:
                raise ValueError("a header has control characters")
            self._encoded = text.encode()
        return self._encoded


class _Facts(TypedDict):
    call: int
    method: str
    route: str
    attempt: int


class Attempt(Message, msgspec.Struct, kw_only=True, eq=False):
    """A request as it goes out, and how far the present attempt to send it has come."""

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
    tallies: tuple[Tally, ...] = ()
    """What counts it."""
    emit: Callable[[Event], None] | None = None
    """Who is told of what happens to it, if anybody is."""
    call: int = 0
    """The number of the call, for events."""
    began_s: float = 0.0
    """When the call began, in seconds of the runner's clock."""
    ends_s: float = math.inf
    """When it must have ended, likewise."""
    failure: APIError | None = None
    """What the attempt before this one failed with."""
    is_under_way: bool = False
    """Whether an attempt was begun and has not failed."""
    route: str = ""
    """The verb and the path template."""
    number: int = 0
    """How many attempts were begun, the present one included."""
    charged: int = 0
    """How many of them count as failures of the call."""
    is_retry: bool = False
    """Whether the present attempt follows a failure, and not a throttle alone."""
    is_patient: bool = False
    """Whether it is part of a wait, which outlasts an outage."""
    is_throttled: bool = False
    """Whether the attempt before this one was throttled."""
    admitted_s: float = 0.0
    """When the present attempt was let through, in seconds of the runner's clock."""
    written_s: float = 0.0
    """When it was handed to a connection, in monotonic seconds."""
    latency_s: float = math.inf
    """Seconds from then to the head of the response."""
    size: int = 0
    """Bytes of the body of the response."""
    phase: Phase = "connect"
    """Where in the request the attempt is."""
    was_sent: bool | None = False
    """Whether the request was handed to a connection; None if that cannot be seen."""

    @property
    @override
    def about(self) -> str:
        """The method and the URL, but not what signs one that is another's."""
        return f"{self.method} {self.base.partition('?')[0]}{self.target}"

    @property
    def url(self) -> URL:
        """The whole URL."""
        return URL(self.base + self.target, encoded=True)

    @property
    def arrived(self) -> bool | None:
        """Whether the request reached the server; None if that cannot be known."""
        if self.phase == "total":  # which is after the headers of the response
            return True
        return False if self.was_sent is False else None

    def _facts(self) -> "_Facts":
        _, _, path = self.route.partition(" ")
        return {
            "call": self.call,
            "method": self.method,
            "route": path,
            "attempt": self.number,
        }

    def _log(self, outcome: str, detail: str) -> None:
        if self.was_sent is not False:
            outcome += f" in {(time.monotonic() - self.written_s) * 1000:.0f} ms"
        _log.info("%s: %s, attempt %d, %s", self.route, outcome, self.number, detail)

    def begin(self) -> None:
        """Count one more attempt, of which nothing was sent yet."""
        self.number += 1
        self.is_under_way = True

    def heard(self) -> None:
        """Note that the head of the response is here."""
        self.phase = "total"
        self.latency_s = time.monotonic() - self.written_s

    def fail(self, error: APIError, delay_s: float = 0.0) -> None:
        """Note that the present attempt has failed, and that another will follow."""
        if self.emit is not None:
            self.emit(Retried(**self._facts(), error=error, delay_s=delay_s))
        self.failure = error
        self.is_retry = not (self.is_throttled or self.is_patient)
        self.is_under_way = False
        self.phase = "connect"
        self.was_sent = False

    def ended(self) -> bool | None:
        """Note that the call is out of time; tell whether any attempt has arrived.

        An attempt of which nothing was sent counts for nothing.
        """
        if self.is_under_way and self.was_sent is False:
            self.number -= 1
        if isinstance(self.failure, APIStatusError):
            return True
        earlier: bool | None = getattr(self.failure, "sent", False)
        return self.arrived or (earlier if self.arrived is False else None)

    def mark_sent(self, *, certainly: bool = True) -> None:
        """Note, once, that the request was handed to a connection."""
        self.was_sent = True if certainly else None
        self.written_s = time.monotonic()
        self.phase = "read"
        for tally in self.tallies:
            tally.requests += 1
            tally.retries += self.number > 1
        if self.emit is not None:
            self.emit(Sent(**self._facts()))

    def received(
        self, status: int, headers: Mapping[str, str], body_bytes: int = 0
    ) -> None:
        """Note that a response is here, whatever its status, and how large it is."""
        self.size = body_bytes
        self.count_bytes(body_bytes)
        if _log.isEnabledFor(logging.INFO):
            request_id = headers.get("x-request-id") or "without an id"
            self._log(f"{status}", f"request {request_id}")
        if self.emit is not None:
            elapsed_s = time.monotonic() - self.written_s
            self.emit(
                Responded(
                    **self._facts(),
                    status=status,
                    latency_s=self.latency_s,
                    elapsed_s=elapsed_s,
                    bytes=body_bytes,
                )
            )

    def count_bytes(self, body_bytes: int) -> None:
        """Note that part of a body is here."""
        for tally in self.tallies:
            tally.bytes += body_bytes

    def broke(self, error: BaseException) -> None:
        """Note that no whole response will come."""
        if _log.isEnabledFor(logging.INFO):
            self._log(type(error).__name__, str(error) or "no response")
        if self.emit is not None:
            self.emit(Failed(**self._facts(), error=error))

    def turned_away(self, error: APIError) -> None:
        """Note that the service did not want it now."""
        self.is_throttled = True
        for tally in self.tallies:
            tally.throttled += 1
        if self.emit is not None and isinstance(error, APIStatusError):
            self.emit(
                Throttled(
                    **self._facts(),
                    status=error.status_code,
                    retry_after=error.retry_after,
                )
            )


class Preparation:
    """Makes attempts of requests, with what a client's options add to each."""

    def __init__(self, options: ClientOptions, telemetry: Telemetry) -> None:
        """Prepare what is the same for all requests."""
        self._options = options
        self._telemetry = telemetry
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

    def attempt(self, request: Request, options: CallOptions) -> Attempt:
        """Return what goes out for a request.

        Args:
            request: What to ask.
            options: The options of the call.
        """
        telemetry, timeouts = self._telemetry, self._options.timeouts
        if "timeout" in options:
            timeouts = Timeouts.of(options["timeout"])
        elif request.timeout_s is not None and not self._options.own_timeouts:
            wanted_s = request.timeout_s
            timeouts = attrs.evolve(timeouts, total=wanted_s, idle=wanted_s)
        elsewhere = request.url
        return Attempt(
            method=request.method,
            route=request.name,
            base=self._base if elsewhere is None else elsewhere,
            target=self._target(request, options) if elsewhere is None else "",
            headers=self._headers_of(request, options),
            body=request.content
            if request.json is None
            else msgspec.json.encode(request.json),
            timeouts=timeouts,
            max_bytes=self._options.max_response_bytes,
            tallies=telemetry.tallies(),
            emit=telemetry.emit,
            call=telemetry.next_call(),
            is_patient=request.patient,
        )

    def _target(self, request: Request, options: CallOptions) -> str:
        query = request.query
        if self._options.default_query or "query" in options:
            # What one call asks for replaces what the client adds; None takes it away.
            asked = options.get("query") or {}
            query = query_pairs({**self._options.default_query, **dict(query), **asked})
        path = self._root + request.path
        return f"{path}?{query_string(query)}" if query else path

    def _headers_of(self, request: Request, options: CallOptions) -> Headers:
        if request.url is not None:
            return _headers_elsewhere(request)
        if request.method == "GET" and request.accept == _JSON and not options:
            return self._headers
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
