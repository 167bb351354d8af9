"""What a call makes of a successful response."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import NoneType
from typing import Any, Final, TypeVar

from runloop_async.convert import decode
from runloop_async.errors import APIResponseValidationError
from runloop_async.wire.response import Response

T = TypeVar("T")


def reader(shape: type[T]) -> Callable[[Response], T]:
    """Return the function that reads a body as a shape.

    The shapes `bytes` and `str` are the body as it came; NoneType promises nothing.
    """
    kind: Any = shape  # to a cache, a class is not hashable as such
    return _reader(kind)


@lru_cache(maxsize=1024)
def _reader(shape: Any) -> Callable[[Response], Any]:
    return _AS_IT_CAME.get(shape) or partial(_model, shape)


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
