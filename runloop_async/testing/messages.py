"""What a route is asked and what it answers: plain values, no sockets."""

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

import attrs
import msgspec

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


@attrs.frozen(kw_only=True)
class Ask:
    """One request, as far as a route needs to know it."""

    params: dict[str, str] = attrs.field(factory=dict[str, str])
    """The parts of the path that stand for a name in the template, unquoted."""
    query: dict[str, str] = attrs.field(factory=dict[str, str])
    """The query; a name with an empty value counts as absent."""
    body: bytes = b""
    """The body as it came."""
    old_shape: bool = False
    """Whether runs are to be answered as servers did in spring 2025."""

    @property
    def id(self) -> str:
        """The id in the path."""
        return self.params["id"]

    def json(self, shape: type[T]) -> T:
        """Return the body, checked against a TypedDict; no body counts as `{}`.

        Raises:
            ApiError: It is no JSON, or not of that shape.
        """
        try:
            return msgspec.json.decode(self.body or b"{}", type=shape)
        except (ValueError, msgspec.MsgspecError) as error:
            raise invalid(f"The body does not fit: {error}") from error


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
    content_type: str = "application/json"
    headers: dict[str, str] = attrs.field(factory=dict[str, str])


def json_answer(value: JsonValue, status: int = 200, **headers: str) -> Answer:
    """Return `value` as an answer in JSON."""
    return Answer(status=status, body=msgspec.json.encode(value), headers=headers)


def error_answer(status: int, code: str, message: str, **headers: str) -> Answer:
    """Return a refusal as the emulator words all of them."""
    return json_answer({"message": message, "code": code}, status, **headers)
