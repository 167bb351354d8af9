"""What the models of several groups have in common, and how they are annotated.

A class whose name ends in `Param` is the same object as a plain dict, for those who
would rather write one than build the class; either is accepted wherever one is due.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypedDict, TypeVar

import attrs

from runloop_async.annotations import JsonObject
from runloop_async.options import MAX_PAGE

T = TypeVar("T")


@attrs.frozen
class Wire:
    """Annotation: the name that a field has in JSON, where it is not ours."""

    name: str


@attrs.frozen
class Range:
    """Annotation: the least and the greatest number that the API takes."""

    least: int
    most: int


@attrs.frozen
class AnyWord:
    """Annotation: the words are those known now; the API may add others."""


if TYPE_CHECKING:
    Open: TypeAlias = T | str
    """A set of words to which the API may add: any other text is taken too."""
else:

    class Open:
        """A set of words to which the API may add: any other text is taken too."""

        def __class_getitem__(cls, words: Any) -> Any:
            """Return what the converters read: the known words, and the note."""
            return Annotated[words, AnyWord()]


@attrs.frozen
class InQuery:
    """Annotation: the field of a write goes into its query, not into its body."""


@attrs.frozen
class Unknown:
    """A kind of object that the API has learnt after this release."""

    raw: JsonObject
    """The object as it came, with its `type`."""


PageLimit: TypeAlias = Annotated[int, Range(1, MAX_PAGE)]
"""How many items a page may have, 1 to 5,000; the API's default is 20."""


class PageParams(TypedDict, total=False):
    """What every list takes."""

    limit: PageLimit
    """Items on a page."""
    starting_after: str
    """Id of the last item seen; the page begins after it."""


class CountedPageParams(PageParams, total=False):
    """What a list takes that can count all of its items."""

    include_total_count: bool
    """Whether to count all items, which takes the service time; default true."""


class MetadataFilterParams(CountedPageParams, total=False):
    """What a list takes that can be filtered by metadata."""

    metadata: Mapping[str, str | Sequence[str]]
    """By key, the value that an item must have, or a list of those it may have."""
    metadata_key: Annotated[str, Wire("metadata[key]")]
    """The same for the one metadata key that is spelt `key`: see `metadata`."""
    metadata_key_in: Annotated[str, Wire("metadata[key][in]")]
    """The same, several values joined by commas: see `metadata`."""


@attrs.frozen(kw_only=True)
class MetadataKeysView:
    """The metadata keys in use."""

    keys: list[str] | None = None
    """Every key that some object of the account has."""


@attrs.frozen(kw_only=True)
class MetadataValuesView:
    """The values in use of one metadata key."""

    key: str | None = None
    """The key."""
    values: list[str] | None = None
    """Every value that some object of the account has under it."""
