"""A request as a value, and the text of its path, query and headers.

Path segments and query values are percent-encoded here and nowhere else, once, so that
no id can change the route that it is put into.
"""

import re
from collections.abc import AsyncGenerator, Callable, Mapping
from enum import Enum
from urllib.parse import quote, quote_plus

import attrs
import msgspec

from runloop_async.annotations import JsonObject, override
from runloop_async.values import named_text
from runloop_async.wire.message import Message


class Safety(Enum):
    """Whether a request may be sent again when its fate is not known."""

    SAFE = "safe"
    """Reads, and writes that set a state: the second time changes nothing."""
    KEYED = "keyed"
    """Writes that carry a key, by which the service carries them out once: one call may
    send them again, and another call does the same anew."""
    ONCE = "once"
    """Other writes: again only if nothing was sent, or the server named a time."""


class Workload(Enum):
    """Which lane a request travels in, so that no kind of work starves another."""

    API = "api"
    WAIT = "wait"
    STREAM = "stream"
    DOWNLOAD = "download"
    UPLOAD = "upload"

    __hash__ = object.__hash__  # that of Enum is written in Python


@attrs.frozen(kw_only=True)
class Content:
    """A body that is no JSON, made piece by piece for each attempt."""

    pieces: Callable[[], AsyncGenerator[bytes]]
    """Begins it anew."""
    type: str | None
    """Its media type; None sends none."""
    size: int | None
    """Its bytes, None if they are not known beforehand."""
    can_repeat: bool
    """Whether it can be made more than once."""


class Request(Message, msgspec.Struct, frozen=True, kw_only=True):
    """What to ask of the API; how and when it is sent is decided elsewhere."""

    method: str
    route: str
    """The path template, the same for all ids: names the request in errors and logs."""
    path: str
    """The path with its ids, percent-encoded."""
    query: Mapping[str, str] = {}
    """Parameters with their values as text, not yet encoded."""
    json: JsonObject | None = None
    """The body; None sends none."""
    content: Content | None = None
    """The body, where it is no JSON."""
    url: str | None = None
    """An absolute URL to ask instead of the API; the API's key does not go there."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers of this request alone."""
    answers: frozenset[int] = frozenset()
    """Statuses above 299 that are responses to read, not failures."""
    accept: str = "application/json"
    safety: Safety = Safety.SAFE
    workload: Workload = Workload.API
    timeout_s: float | None = None
    """Seconds an attempt may take while the user has not chosen a timeout. Infinity is
    for a stream that cannot be resumed: only its head has to come in time."""
    key_field: str | None = None
    """The field of the body for the key of a `KEYED` request, made anew each time the
    call is awaited unless it is given."""
    patient: bool = False
    """Whether it is part of a wait: however long the server asks to wait, it may."""

    @property
    @override
    def about(self) -> str:
        """The method and the path."""
        return f"{self.method} {self.path}"


_PLAIN = re.compile(r"[A-Za-z0-9_~][A-Za-z0-9_~.\-]*").fullmatch
_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search


def path_segment(name: str, value: object) -> str:
    """Return `value` as one segment of a path, percent-encoded.

    Raises:
        TypeError: It is not a string.
        ValueError: It is empty, a dot segment, or has control characters.
    """
    text = named_text(name, value)
    if not text:
        raise ValueError(f"{name} is empty: give the id of the thing that you mean")
    if text in {".", ".."} or _CONTROL(text):
        raise ValueError(
            f"{name} cannot be {text!r}: dot segments and control characters would "
            "change the route; give the id as the API returned it"
        )
    return quote(text, safe="")


def fill(route: str, ids: Mapping[str, object]) -> str:
    """Return a path template with its ids filled in, each as one segment."""
    for name, value in ids.items():
        # Nearly all ids are of letters, digits and underscores, and need no encoding.
        if type(value) is str and value.isidentifier() and value.isascii():
            segment = value
        else:
            segment = path_segment(name, value)
        route = route.replace(f"{{{name}}}", segment, 1)
    return route


def query_string(query: Mapping[str, str]) -> str:
    """Return parameters as a percent-encoded query, without the question mark."""
    return "&".join(
        f"{_encoded(name, safe='[]')}={_encoded(text)}" for name, text in query.items()
    )


def _encoded(text: str, safe: str = "") -> str:
    return text if _PLAIN(text) else quote_plus(text, safe=safe)
