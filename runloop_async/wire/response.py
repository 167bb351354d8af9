"""From status, headers and bytes to a payload or an error."""

from collections.abc import Mapping
from typing import cast

import msgspec

from runloop_async.annotations import override
from runloop_async.errors import (
    APIConnectionError,
    APIStatusError,
    RedirectError,
)
from runloop_async.values import excerpt, parse_json
from runloop_async.wire.message import Message
from runloop_async.wire.retry import retry_after

_WORDS: Mapping[str, bool] = {"true": True, "false": False}


class Response(Message, msgspec.Struct, frozen=True):
    """A whole response, as it came."""

    status: int
    headers: Mapping[str, str]
    """Looked up without regard to case."""
    data: bytes | bytearray
    """The body, inflated."""

    @property
    def body(self) -> bytes:
        """The body, inflated; a large one is copied."""
        return bytes(self.data)

    @property
    def request_id(self) -> str | None:
        """The `x-request-id` that the server gave, if it can be printed."""
        text = self.headers.get("x-request-id")
        return text if text is None or text.isprintable() else excerpt(text)

    @property
    @override
    def about(self) -> str:
        """The status and the size of the body."""
        return f"{self.status}, {len(self.data)} bytes"


def is_success(status: int) -> bool:
    """Tell whether a status stands for success."""
    return 200 <= status < 300  # noqa: PLR2004 - the protocol's numbers


def error_for(response: Response, *, now: float) -> APIStatusError | APIConnectionError:
    """Return the error that an unsuccessful response stands for.

    Args:
        response: The response, with a status outside of 2xx.
        now: Unix seconds, to make a duration of an HTTP date.
    """
    status = response.status
    if 300 <= status < 400:  # noqa: PLR2004 - the protocol's numbers
        return RedirectError(
            f"HTTP {status}: the server points elsewhere, which is not followed; "
            "is base_url right?",
            phase="read",
            sent=True,
        )
    if not 400 <= status < 600:  # noqa: PLR2004 - the protocol's numbers
        return APIConnectionError(
            f"HTTP {status} is no status of this protocol", phase="read", sent=True
        )
    body = _body(response.body)
    message, code = _message(body)
    error = APIStatusError.class_for(status)(
        f"HTTP {status}: {message}" if message else f"HTTP {status}",
        status_code=status,
        code=code,
        body=body,
        retry_after=retry_after(response.headers, now=now),
        should_retry=_WORDS.get(response.headers.get("x-should-retry", "")),
    )
    error.request_id = response.request_id
    return error


def _body(body: bytes) -> object:
    try:
        return parse_json(body)
    except ValueError:
        return body.decode("utf-8", errors="replace").strip()


def _message(body: object) -> tuple[str, str | None]:
    """Find the sentence and the code in an error body, for which there is no schema."""
    if isinstance(body, str):
        return excerpt(body), None
    if not isinstance(body, dict):
        return "", None
    fields = cast("dict[str, object]", body)
    inner = fields.get("error")
    while isinstance(inner, dict):  # no recursion: the server says how deep it goes
        fields = cast("dict[str, object]", inner)
        inner = fields.get("error")
    sentence = fields.get("message") or inner
    code = fields.get("code")
    return (
        excerpt(sentence) if isinstance(sentence, str) else "",
        excerpt(str(code)) if isinstance(code, str | int | float) else None,
    )
