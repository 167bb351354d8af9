"""Server-sent events: from bytes, however they are cut, to events.

No input or output. Lines end in CR, LF or CRLF, as the HTML standard has it; since none
of these bytes is ever part of another UTF-8 character, no cut can spoil one.
"""

import re
from typing import Final

import attrs

from runloop_async.errors import ResponseTooLargeError

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_MARK: Final = b"\xef\xbb\xbf"


@attrs.frozen
class ServerEvent:
    """One event as it came."""

    name: str
    """What the `event` field says; empty if there is none."""
    data: bytes
    """The lines of data, joined by line feeds; not yet decoded, and maybe not UTF-8."""


class EventParser:
    """Makes events of pieces of a stream."""

    def __init__(self, max_bytes: int) -> None:
        """Begin a stream.

        Args:
            max_bytes: How large an event may be.
        """
        self._max_bytes = max_bytes
        self._line: list[bytes] = []
        """The pieces of the line that has not ended yet."""
        self._fields: list[tuple[bytes, bytes]] = []
        self._size = 0
        self._after_return = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """Return the events that end within the next piece of the stream.

        Raises:
            ResponseTooLargeError: An event is larger than it may be.
        """
        if not chunk:
            return []
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]  # the second half of a line's end
        self._after_return = chunk.endswith(b"\r")
        *lines, rest = _LINE_END.split(chunk)
        events: list[ServerEvent] = []
        for line in lines:
            self._grow(line)
            whole = b"".join(self._line)
            self._line.clear()
            if event := self._end_of_line(whole):
                events.append(event)
        if rest:
            self._grow(rest)
        return events

    def _grow(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._max_bytes:
            raise ResponseTooLargeError(
                f"an event of the stream is larger than {self._max_bytes} bytes: raise "
                "max_response_bytes"
            )
        self._line.append(piece)

    def _end_of_line(self, line: bytes) -> ServerEvent | None:
        if self._at_start:
            line = line.removeprefix(_MARK)
            self._at_start = False
        if line:
            name, _, value = line.partition(b":")
            self._fields.append((name, value.removeprefix(b" ")))
            return None
        fields, self._fields, self._size = self._fields, [], 0
        data = [value for name, value in fields if name == b"data"]
        names = [value for name, value in fields if name == b"event"]
        if not data:
            return None
        return ServerEvent(
            (names or [b""])[-1].decode(errors="replace"), b"\n".join(data)
        )
