"""How far a stream of events has been read, and how to resume it there."""

from collections.abc import Mapping
from typing import Any, Final, Generic, Protocol, TypeVar, cast

import attrs

T = TypeVar("T")

_HALF: Final = "\ufffd"
"""What a server puts in place of bytes that are no character, such as half of one."""


class Position(Protocol[T]):
    """How far a stream has been read."""

    def query(self) -> Mapping[str, object] | None:
        """Return the parameters that resume the stream, None if there are none."""
        ...

    def new(self, item: T) -> T | None:
        """Note an item, and return what of it did not come before a cut."""
        ...


class NoPosition(Generic[T]):
    """The API has no way to resume this stream."""

    def query(self) -> None:
        """Return None."""

    def new(self, item: T) -> T | None:
        """Return the item."""
        return item


class HasSequence(Protocol):
    """An event with a number that grows."""

    @property
    def sequence(self) -> int:
        """Its number."""
        ...


SequencedT = TypeVar("SequencedT", bound=HasSequence)


class AfterSequence(Generic[SequencedT]):
    """The position of a stream whose events are numbered."""

    def __init__(self) -> None:
        self._last: int | None = None

    def query(self) -> Mapping[str, object]:
        """Ask for the events after the last one."""
        return {} if self._last is None else {"after_sequence": self._last}

    def new(self, item: SequencedT) -> SequencedT | None:
        """Leave out what is not after the last one."""
        if self._last is not None and item.sequence <= self._last:
            return None
        self._last = item.sequence
        return item


class HasOffset(Protocol):
    """A piece of text that knows its place."""

    @property
    def offset(self) -> int | None:
        """The byte at which it begins."""
        ...

    @property
    def output(self) -> str:
        """The text."""
        ...


OffsetT = TypeVar("OffsetT", bound=HasOffset)


class AtOffset(Generic[OffsetT]):
    """The position of a stream of text that can be resumed at a byte.

    It is resumed at the beginning of the last piece that came, as its end cannot be
    told: a character that was cut in two is not the bytes that it was made of. What
    that piece had, and those after it whose place is not known, is then left out,
    however the server cuts it this time: by its text, or by its bytes where a server
    cuts characters in two. A server may also begin earlier than it was asked to.
    """

    def __init__(self) -> None:
        self._offset: int | None = None
        self._since = list[str]()  # the last piece whose place is known, and the rest
        self._repeated = ""
        self._until = 0  # the byte before which all was given
        self._begins_anew = False
        self._is_lost = False

    def query(self) -> Mapping[str, object] | None:
        """Ask for the last piece again."""
        if self._offset is None:
            return None if self._is_lost else {}
        self._repeat()
        return {"offset": self._offset}

    def new(self, item: OffsetT) -> OffsetT | None:
        """Leave out the text that came before."""
        if item.offset is not None and self._offset is not None:
            behind = self._offset - item.offset
            if behind > 0:
                return self._gone_back(item, behind)
            if behind < 0 and self._begins_anew:
                self._repeated = ""  # this server goes on behind the last piece
        self._begins_anew = False
        if item.offset is not None and item.offset < self._until:
            return self._cut_elsewhere(item, item.offset)
        if self._repeated:
            return self._again(item)
        if item.offset is not None:
            self._offset, self._since = item.offset, [item.output]
        elif self._offset is None:
            self._is_lost = True  # there is nothing to resume at
        else:
            self._since.append(item.output)
        return item

    def _again(self, item: OffsetT) -> OffsetT | None:
        """Leave out what came before the cut."""
        text = item.output
        if self._repeated.startswith(text):
            self._repeated = self._repeated[len(text) :]
            return None
        if item.offset is not None and not text.startswith(self._repeated):
            return self._cut_elsewhere(item, item.offset)
        text = text.removeprefix(self._repeated)
        self._repeated = ""
        self._since.append(text)
        rest: OffsetT = attrs.evolve(cast("Any", item), output=text)
        return rest

    def _cut_elsewhere(self, item: OffsetT, offset: int) -> OffsetT | None:
        """Leave out what came before of a piece with halves of other characters."""
        if self._repeated:
            given = "".join(self._since).rstrip(_HALF)
            end = (self._offset or 0) + sum(map(_size, given))
            self._until = max(self._until, end)
            self._repeated = ""
        text = item.output
        self._offset, self._since = offset, [text]
        left = _after(text, self._until - offset)
        if not left:
            return None
        rest: OffsetT = attrs.evolve(cast("Any", item), output=left)
        return rest

    def _gone_back(self, item: OffsetT, behind: int) -> OffsetT | None:
        """Leave out what is before the last piece, and that piece."""
        if not self._repeated:
            self._repeat()
        left = _after(item.output, behind)
        if not left:
            return None
        return self.new(
            attrs.evolve(cast("Any", item), offset=self._offset, output=left)
        )

    def _repeat(self) -> None:
        """Expect the last piece again, and what came after it."""
        self._repeated = "".join(self._since)
        self._since = [self._repeated]
        self._begins_anew = True


def _after(text: str, size: int) -> str:
    """Return a text without what begins in so many bytes of it."""
    for index, character in enumerate(text):
        if size <= 0:
            return text[index:]
        size -= _size(character)
    return ""


def _size(character: str) -> int:
    """Return the bytes of a character; half of one has at least one."""
    return 1 if character == _HALF else len(character.encode(errors="surrogatepass"))
