"""A request as a value, and the text of its path, query and headers.

Path segments and query values are percent-encoded here and nowhere else, once, so that
no id can change the route that it is put into.
"""

import math
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from enum import Enum
from typing import cast
from urllib.parse import quote, quote_plus

import attrs

from runloop_async.annotations import JsonObject


class Safety(Enum):
    """Whether a request may be sent again when its fate is not known."""

    SAFE = "safe"
    """Reads, and writes that set a state: the second time changes nothing."""
    ONCE = "once"
    """Other writes: again only if nothing was sent, or the server named a time."""


class Workload(Enum):
    """Which lane a request travels in, so that no kind of work starves another."""

    API = "api"
    WAIT = "wait"
    TRANSFER = "transfer"


@attrs.frozen(kw_only=True)
class Content:
    """A body that is no JSON, made piece by piece for each attempt."""

    pieces: Callable[[], AsyncIterator[bytes]]
    """Begins it anew."""
    type: str | None
    """Its media type; None sends none."""
    size: int | None
    """Its bytes, None if they are not known beforehand."""
    can_repeat: bool
    """Whether it can be made more than once."""


@attrs.frozen(kw_only=True)
class Request:
    """What to ask of the API; how and when it is sent is decided elsewhere."""

    method: str
    route: str
    """The path template, the same for all ids: names the request in errors and logs."""
    path: str
    """The path with its ids, percent-encoded."""
    query: tuple[tuple[str, str], ...] = ()
    """Names and values as text, not yet encoded."""
    json: JsonObject | None = None
    """The body; None sends none."""
    content: Content | None = attrs.field(default=None, repr=False)
    """The body, where it is no JSON."""
    url: str | None = attrs.field(default=None, repr=False)
    """An absolute URL to ask instead of the API; the API's key does not go there."""
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    """Headers of this request alone."""
    accept: str = "application/json"
    safety: Safety = Safety.SAFE
    workload: Workload = Workload.API
    timeout_s: float | None = None
    """Seconds an attempt may take while the user has not chosen a time-out."""


_PLAIN_SEGMENT = re.compile(r"[A-Za-z0-9_~][A-Za-z0-9_~.\-]*").fullmatch
_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~\-]+").fullmatch


def path_segment(name: str, value: object) -> str:
    """Return `value` as one segment of a path, percent-encoded.

    Raises:
        TypeError: It is not a string.
        ValueError: It is empty, a dot segment, or has control characters.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if _PLAIN_SEGMENT(value):
        return value
    if not value:
        raise ValueError(f"{name} is empty: give the id of the thing that you mean")
    if value in {".", ".."} or _CONTROL(value):
        raise ValueError(
            f"{name} cannot be {value!r}: dot segments and control characters would "
            "change the route; give the id as the API returned it"
        )
    return quote(value, safe="")


def fill(route: str, ids: Mapping[str, object]) -> str:
    """Return a path template with its ids filled in, each as one segment."""
    for name, value in ids.items():
        route = route.replace("{" + name + "}", path_segment(name, value), 1)
    return route


def query_text(name: str, value: object) -> str:
    """Return a query value as text: booleans as words, lists joined by commas.

    Raises:
        TypeError: It is of a type that a query has no form for.
        ValueError: It is not a finite number.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, not {value!r}")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        items = cast("Iterable[object]", value)
        return ",".join(query_text(name, item) for item in items if item is not None)
    raise TypeError(
        f"{name} must be a str, number, bool or list, not {type(value).__name__}"
    )


def query_pairs(parameters: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return parameters as names and texts.

    None is left out. An entry of a map is `name[key]`, or where it is a list, which
    stands for several values to choose from, `name[key][in]`.
    """
    pairs: list[tuple[str, str]] = []
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, object]", value)
            pairs += query_pairs(
                {_entry(name, *each): each[1] for each in inner.items()}
            )
        elif value is not None:
            pairs.append((name, query_text(name, value)))
    return tuple(pairs)


def _entry(name: str, key: str, value: object) -> str:
    return f"{name}[{key}][in]" if isinstance(value, list | tuple) else f"{name}[{key}]"


def query_string(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and texts as a percent-encoded query, without the question mark."""
    return "&".join(
        f"{quote_plus(name, safe='[]')}={quote_plus(text)}" for name, text in pairs
    )


def checked_header(name: object, value: object) -> tuple[str, str]:
    """Return a header if it can be sent as it is.

    Raises:
        TypeError: Name or value is not a string.
        ValueError: The name is no token, or the value has control characters.
    """
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError("a header's name and value must each be a str")
    if not _TOKEN(name):
        raise ValueError(f"{name!r} cannot be the name of a header")
    if _CONTROL(value):
        raise ValueError(f"the value of the header {name} has control characters")
    return name, value.strip()
