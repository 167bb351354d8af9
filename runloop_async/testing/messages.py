"""What a route is asked and what it answers: plain values, no sockets."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias, TypeVar

import attrs
import msgspec

from runloop_async.testing.blobs import Blob

JsonValue: TypeAlias = Any
"""Whatever JSON can say; the emulator keeps its books in plain dicts."""

JsonObject: TypeAlias = dict[str, JsonValue]
"""A JSON object."""

T = TypeVar("T")


class ApiError(Exception):
    """A refusal that the caller of the API gets to see as a JSON error."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers

    def answer(self) -> "Answer":
        """Return the refusal as it is sent."""
        return error_answer(self.status, self.code, self.message, **self.headers)


def invalid(message: str) -> ApiError:
    """Return the error for a request that makes no sense as it stands."""
    return ApiError(400, "invalid_request", message)


def refused(message: str) -> ApiError:
    """Return the error for a request that the present state does not allow."""
    return ApiError(400, "invalid_state", message)


def conflicting(message: str) -> ApiError:
    """Return the error for a request that what is going on does not allow."""
    return ApiError(409, "conflict", message)


@attrs.frozen(kw_only=True)
class Ask:
    """One request, as far as a route needs to know it."""

    params: dict[str, str] = attrs.field(factory=dict[str, str])
    """The parts of the path that stand for a name in the template, unquoted."""
    query: dict[str, str] = attrs.field(factory=dict[str, str])
    """The query; a name with an empty value counts as absent."""
    body: bytes = b""
    """The body as it came, unless it is large."""
    large: Blob | None = None
    """The body, if it is large."""
    content_type: str = ""
    """What the body is said to be."""
    origin: str = "http://emulator"
    """Where the emulator was reached."""
    old_shape: bool = False
    """Whether runs are to be answered as servers did in spring 2025."""

    @property
    def id(self) -> str:
        """The id in the path."""
        return self.params["id"]

    @property
    def content(self) -> Blob:
        """The body."""
        return self.large or Blob.of(self.body)

    def json(self, shape: type[T]) -> T:
        """Return the body, checked against a TypedDict; no body counts as `{}`.

        Raises:
            ApiError: It is no JSON, or not of that shape.
        """
        try:
            body = self.body if self.large is None else self.large.read()
            return msgspec.json.decode(body or b"{}", type=shape)
        except (ValueError, msgspec.MsgspecError) as error:
            raise invalid(f"The body does not fit: {error}") from error


def check_states(wanted: Collection[str], known: Collection[str]) -> None:
    """Check the states that a request waits for.

    Raises:
        ApiError: One of them is unknown: 400.
    """
    for state in wanted:
        if state not in known:
            raise invalid(f"There is no state {state!r}.")


def given(body: Mapping[str, object]) -> JsonObject:
    """Return the fields of a body that are not null.

    Raises:
        ApiError: There is a name, and it is blank.
    """
    fields: JsonObject = {
        key: value for key, value in body.items() if value is not None
    }
    if "name" in fields and not fields["name"].strip():
        raise invalid("name cannot be blank.")
    return fields


@attrs.frozen(kw_only=True)
class Answer:
    """One response, before it goes on the wire."""

    status: int = 200
    body: bytes = b""
    blob: Blob | None = None
    """The body, if it may be large."""
    content_type: str = "application/json"
    headers: dict[str, str] = attrs.field(factory=dict[str, str])


@attrs.frozen(kw_only=True)
class Held:
    """An answer that comes once something has happened."""

    look: Callable[[], JsonObject | None]
    """Returns it if it is there; asked after each change of the world."""
    seconds: float | None
    """After how many emulated seconds to answer 408; None for never."""


@attrs.frozen(kw_only=True)
class Feed:
    """An answer that comes event by event."""

    more: Callable[[], list[JsonObject] | None]
    """Returns the events since it was last asked, and None at the end."""


@attrs.frozen(kw_only=True)
class Terminal:
    """An answer that is a WebSocket, with a terminal at its other end."""

    greeting: str
    """What it shows first."""
    typed: Callable[[str], str | None]
    """Returns what it shows to what was typed, and None if it ends."""
    is_closed: Callable[[], bool]
    """Tells whether it was closed otherwise."""
    leave: Callable[[], None]
    """Is told that the client has gone."""


def json_answer(value: JsonValue, status: int = 200, **headers: str) -> Answer:
    """Return `value` as an answer in JSON."""
    return Answer(status=status, body=msgspec.json.encode(value), headers=headers)


def error_answer(status: int, code: str, message: str, **headers: str) -> Answer:
    """Return a refusal as the emulator words all of them."""
    return json_answer({"message": message, "code": code}, status, **headers)
