"""What a call makes of a successful response."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import NoneType
from typing import Any, Final, Protocol, TypeVar, cast

from runloop_async.convert import decode
from runloop_async.errors import APIResponseValidationError
from runloop_async.wire.response import Response

T = TypeVar("T")


class _Reader(Protocol):
    def __call__(self, shape: type[T], /) -> Callable[[Response], T]: ...


@lru_cache(maxsize=1024)
def _reader(shape: Any) -> Callable[[Response], Any]:
    return _AS_IT_CAME.get(shape) or partial(_model, shape)


reader: Final = cast("_Reader", _reader)
"""Returns the function that reads a body as a shape.

The shapes `bytes` and `str` are the body as it came; NoneType promises nothing.
"""


def _model(shape: type[T], response: Response) -> T:
    try:
        return decode(response.data, shape)
    except APIResponseValidationError as error:
        error.request_id = response.request_id
        raise


def _text(response: Response) -> str:
    try:
        return response.data.decode()
    except UnicodeDecodeError as error:
        failure = APIResponseValidationError(
            f"the response is not UTF-8: {error}", expected="UTF-8", body=response.body
        )
    failure.request_id = response.request_id
    raise failure


def _bytes(response: Response) -> bytes:
    return response.body


def _nothing(response: Response) -> None:
    del response


_AS_IT_CAME: Final[Mapping[object, Callable[[Response], object]]] = {
    bytes: _bytes,
    str: _text,
    NoneType: _nothing,
}
