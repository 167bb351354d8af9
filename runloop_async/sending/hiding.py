"""What an error may not show: the key, other secrets, and frames that know them.

The rule, for every error that leaves this room:

- It has no `__context__` and no traceback from aiohttp or `sending.transport`, whose
  frames hold headers and bytes. So an error is caught, kept, and raised after the
  `except` block or `with` block that caught it has ended.
- An error of aiohttp that is kept as the `__cause__` has lost its traceback. Those that
  print the headers of a request are not kept.
- Text of the other side may repeat what it was sent: secrets of the request are masked
  in it.
"""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Final

from runloop_async.errors import APIError

_SHOWN: Final = __name__.partition(".")[0] + "."
_HIDDEN: Final = __name__.rpartition(".")[0] + ".transport"
_MASK: Final = "***"
_LEAST: Final = 8
"""A shorter value of a header is no secret, and may be a part of many words."""
_SECRET_HEADERS: Final = ("authorization", "proxy-authorization", "cookie", "x-api-key")
_TEXTS: Final = ("message", "code", "found", "request_id", "body", "path")
"""The attributes of an error that may hold text of the other side."""


def without_tracebacks(error: BaseException) -> BaseException:
    """Remove the tracebacks of an error and its causes."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error


def without_foreign_frames(
    error: BaseException, handled: BaseException | None
) -> BaseException:
    """Remove the frames of other packages from the tracebacks of an error.

    Args:
        error: Any exception that is not of this library, such as a cancellation.
        handled: What the caller is handling meanwhile, which is not ours to touch.
    """
    link: BaseException | None = error
    while link is not None and link is not handled:
        link.__traceback__ = _own_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
    return error


def _own_frames(traceback: TracebackType | None) -> TracebackType | None:
    if traceback is None:
        return None
    rest = _own_frames(traceback.tb_next)
    module = str(traceback.tb_frame.f_globals.get("__name__", ""))
    if not module.startswith(_SHOWN) or module.startswith(_HIDDEN):
        return rest
    return TracebackType(
        rest, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno
    )


def secrets_in(headers: Mapping[str, str]) -> list[str]:
    """Return the secrets that a request carries in its headers."""
    values = (headers.get(name, "") for name in _SECRET_HEADERS)
    words = {word for value in values for word in value.split() if len(word) >= _LEAST}
    return sorted(words, key=len, reverse=True)


def mask(error: APIError, secrets: Iterable[str]) -> None:
    """Mask secrets in an error, wherever it repeats what the other side has sent."""
    for secret in secrets:
        for name in _TEXTS:
            if name in vars(error):
                setattr(error, name, _masked(getattr(error, name), secret))
        error.args = tuple(_masked(each, secret) for each in error.args)


def _masked(value: Any, secret: str) -> Any:
    """Return a text, or a document that was parsed for the error, without a secret.

    The other side says how deep a document is nested, so there is no recursion.
    """
    holder = [value]
    left: list[Any] = [holder]
    while left:
        container = left.pop()
        for place, each in _items(container):
            if isinstance(place, str) and secret in place:
                del container[place]
                place = place.replace(secret, _MASK)  # noqa: PLW2901
            if isinstance(each, str):
                each = each.replace(secret, _MASK)  # noqa: PLW2901
            elif isinstance(each, bytes):
                each = each.replace(secret.encode(), _MASK.encode())  # noqa: PLW2901
            elif isinstance(each, list | dict):
                left.append(each)
            container[place] = each
    return holder[0]


def _items(container: Any) -> list[tuple[Any, Any]]:
    is_object = isinstance(container, dict)
    return [*(container.items() if is_object else enumerate(container))]
