"""What a client tells `on_event` of: what happens to its requests, as it happens.

    client = AsyncRunloop(on_event=print)

An event has no header, no body and no query, so none of them shows a secret. The
function is called in the event loop, between the steps of a call: it should be quick. A
coroutine function runs in a task of its own; closing the client waits for it, for up to
five seconds. What either raises is logged, and disturbs no call.
"""

import attrs


@attrs.frozen(kw_only=True)
class RequestEvent:
    """Something that happened to an attempt to send a request."""

    call: int
    """The number of the call within the client: the same for all of its attempts."""
    method: str
    """The HTTP method."""
    route: str
    """The path template, such as `/v1/benchmark_runs/{id}`."""
    attempt: int
    """The number of the attempt, from 1."""


@attrs.frozen(kw_only=True)
class Sent(RequestEvent):
    """A request was handed to a connection."""


@attrs.frozen(kw_only=True)
class Responded(RequestEvent):
    """A response has come, whatever its status; of a stream, its head."""

    status: int
    """The HTTP status."""
    latency_s: float
    """Seconds from sending to the head of the response."""
    elapsed_s: float
    """Seconds from sending to the end of the response."""
    bytes: int
    """The size of its body, decompressed; 0 for a stream."""


@attrs.frozen(kw_only=True)
class Failed(RequestEvent):
    """No whole response has come, or the call was cancelled."""

    error: BaseException
    """Why."""


@attrs.frozen(kw_only=True)
class Throttled(RequestEvent):
    """The service turned a request away: 429, or 503 with a time to wait."""

    status: int
    """The HTTP status."""
    retry_after: float | None
    """Seconds that the service asks to wait, if it does."""


@attrs.frozen(kw_only=True)
class Retried(RequestEvent):
    """Another attempt will follow this one."""

    error: BaseException
    """What this one failed with."""
    delay_s: float
    """Seconds until the next one may be sent."""


@attrs.frozen(kw_only=True)
class GateChanged:
    """How much the client lets through has changed, by what the service sustains."""

    lane: str
    """Of what: `api`, `wait` or `transfer`."""
    concurrency: int
    """How many requests may be in flight."""
    rate: float | None
    """How many may be sent a second; None where no limit was met."""
    is_down: bool
    """Whether the service is taken for down, and only probed."""


Event = RequestEvent | GateChanged
"""Any of them."""
