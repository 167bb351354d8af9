"""What annotations in this package are made of: the type of JSON, and decorators."""

import asyncio
import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

MethodT = TypeVar("MethodT", bound=Callable[..., Any])

if TYPE_CHECKING:
    from typing_extensions import override as override  # noqa: PLC0414 - a re-export

    JsonValue: TypeAlias = (
        bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None
    )
else:
    # A name within its own definition can be resolved only in this module, and the
    # converters resolve the annotations of models where they stand.
    JsonValue = Any

    def override(method: Callable[..., Any]) -> Callable[..., Any]:
        """Mark a method that stands in for one of a base class (3.12 has it itself)."""
        return method


JsonObject: TypeAlias = dict[str, JsonValue]
"""A JSON object."""


def awaitable(method: MethodT) -> MethodT:
    """Mark a function that returns an awaitable as a coroutine function.

    Background tasks, schedulers, retry decorators and mocks ask for the mark. Python
    3.11 has it in asyncio alone; from 3.12 on `inspect` has it too.
    """
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(method)
    else:
        vars(method)["_is_coroutine"] = vars(asyncio.coroutines)["_is_coroutine"]
    return method
