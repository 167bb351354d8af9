"""What annotations in this package are made of: the type of JSON, and `override`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

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
