"""Contents of files: small ones in memory, large ones on disk while they are used."""

import tempfile
from collections.abc import AsyncIterable, Iterator
from typing import IO, Final

import attrs

_IN_MEMORY: Final = 1024 * 1024
_PIECE: Final = 256 * 1024


class _File:
    """A file that is closed when nobody needs it."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - until nobody needs it
            _IN_MEMORY
        )

    def __del__(self) -> None:
        self.file.close()


@attrs.frozen(eq=False)
class Blob:
    """Some bytes; a part of a blob shares its file."""

    _kept: _File
    _start: int
    size: int
    """How many bytes they are."""

    @classmethod
    def of(cls, content: bytes) -> "Blob":
        """Return bytes as a blob."""
        kept = _File()
        kept.file.write(content)
        return cls(kept, 0, len(content))

    @classmethod
    async def received(cls, pieces: AsyncIterable[bytes]) -> "Blob":
        """Return what comes piece by piece as a blob."""
        kept, size = _File(), 0
        async for piece in pieces:
            kept.file.write(piece)
            size += len(piece)
        return cls(kept, 0, size)

    def read(self) -> bytes:
        """Return all of them."""
        self._kept.file.seek(self._start)
        return self._kept.file.read(self.size)

    def pieces(self) -> Iterator[bytes]:
        """Yield them, some at a time."""
        for place in range(0, self.size, _PIECE):
            self._kept.file.seek(self._start + place)
            yield self._kept.file.read(min(_PIECE, self.size - place))

    def part(self, start: int, size: int) -> "Blob":
        """Return a part of them."""
        return Blob(self._kept, self._start + start, size)

    def find(self, wanted: bytes, start: int = 0) -> int:
        """Return where some bytes are found first, from a place on; -1 if nowhere."""
        place, kept = start, b""
        while place < self.size:
            self._kept.file.seek(self._start + place)
            piece = kept + self._kept.file.read(min(_PIECE, self.size - place))
            found = piece.find(wanted)
            if found >= 0:
                return place - len(kept) + found
            place += len(piece) - len(kept)
            kept = piece[-(len(wanted) - 1) :]
        return -1
