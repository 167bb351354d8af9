"""What annotations in this package are made of: the type of JSON, and decorators."""

import asyncio
import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Unpack, get_args, get_origin

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


def listed(method: MethodT) -> MethodT:
    """Let a function's signature list each field of its `**fields: Unpack[...]`.

    `help()`, notebooks and mocks show and check them. What may be left out has `...` as
    its default.
    """
    signature = inspect.signature(method)
    *plain, last = signature.parameters.values()
    if get_origin(last.annotation) is Unpack:
        (params,) = get_args(last.annotation)
        fields = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=annotation,
                default=last.empty if name in params.__required_keys__ else ...,
            )
            for name, annotation in params.__annotations__.items()
        ]
        signature = signature.replace(parameters=[*plain, *fields])
    vars(method)["__signature__"] = signature
    return method
