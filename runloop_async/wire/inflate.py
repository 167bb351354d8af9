"""Undo the content encoding of a response, piece by piece and within bounds.

The decoders that come with HTTP clients stop quietly where a compressed body breaks
off, and some inflate all that they are given at once. Here the end of the compressed
data must have been seen, and a piece is never larger than `PIECE`.
"""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

ENCODINGS: Final = "gzip, deflate"
"""What to accept, as `Accept-Encoding`."""
PIECE: Final = 256 * 1024
"""Largest piece that is inflated at once, in bytes."""

_GZIP: Final = 16 + zlib.MAX_WBITS
_ZLIB: Final = zlib.MAX_WBITS
_RAW: Final = -zlib.MAX_WBITS
_DEFLATED: Final = 8
"""The low half of the first byte of a zlib stream."""


class EncodingError(ValueError):
    """A body is not encoded as its headers say, or breaks off."""


def inflation(headers: Mapping[str, str]) -> "Inflation | None":
    """Return what undoes the encoding that the headers name, None where there is none.

    Raises:
        EncodingError: It is none of those that were accepted.
    """
    transfer = transfer_encoding(headers)
    if transfer not in {"", "chunked", "identity"}:
        raise EncodingError(f"the body is sent as {transfer[:40]!r}: nobody asked")
    encoding = _all(headers, "Content-Encoding")
    if encoding in {"", "identity"}:
        return None
    if encoding in {"gzip", "x-gzip"}:
        return Inflation(_GZIP)
    if encoding == "deflate":
        return Inflation(None)
    raise EncodingError(f"the body is encoded as {encoding[:40]!r}, which nobody asked")


def transfer_encoding(headers: Mapping[str, str]) -> str:
    """Return how a body is sent, in lower case."""
    return _all(headers, "Transfer-Encoding")


def _all(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a header, joined where there are several."""
    getall = getattr(headers, "getall", None)
    values = [headers.get(name, "")] if getall is None else getall(name, ())
    return ", ".join(values).strip().lower()


class Inflation:
    """One compressed body."""

    def __init__(self, window: int | None) -> None:
        """Begin a body.

        Args:
            window: The `wbits` of zlib; None means zlib's or raw, as the body begins.
        """
        self._window = window
        self._decoder = None if window is None else zlib.decompressobj(window)
        self._is_begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what a piece of the body inflates to.

        Raises:
            EncodingError: It is not compressed data.
        """
        try:
            while data:
                decoder = self._begun(data)
                piece = decoder.decompress(data, PIECE)
                if piece:
                    yield piece
                data = decoder.unconsumed_tail
                if decoder.eof:
                    data = self._next(decoder.unused_data)
        except zlib.error as error:
            raise EncodingError(f"the body is no compressed data: {error}") from None

    def end(self) -> None:
        """Note that the body has ended.

        Raises:
            EncodingError: The compressed data has not.
        """
        if self._is_begun and self._decoder is not None and not self._decoder.eof:
            raise EncodingError("the compressed body broke off")

    def _begun(self, data: bytes) -> Any:
        self._is_begun = True
        if self._decoder is None:
            wrapped = data[0] & 0x0F == _DEFLATED
            self._decoder = zlib.decompressobj(_ZLIB if wrapped else _RAW)
        return self._decoder

    def _next(self, rest: bytes) -> bytes:
        """Go on behind an end: gzip allows several members, and zeros as padding."""
        if self._window is not None:
            rest = rest.lstrip(b"\0")
        if rest:
            self._decoder = zlib.decompressobj(self._window or _ZLIB)
        return rest
