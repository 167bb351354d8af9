"""Read the response that nearly all are: a success, with its length stated.

Everything else is for aiohttp's parser: chunks, interim responses, errors, heads that
come in several pieces, and whatever is malformed or merely unusual. So this reader can
refuse whatever it does not know, and stay short. No framing is decided here that
aiohttp would decide otherwise; the tests compare the two.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from multidict import CIMultiDict, CIMultiDictProxy

from runloop_async.annotations import override

_MOST_BYTES: Final = 8190
"""The longest head that is read here; aiohttp has the same bound for a line."""
_TEXT: Final = bytes({9, *range(32, 127), *range(128, 256)})
"""The bytes that the lines of a head may consist of."""
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_STATUS: Final = re.compile(rb"HTTP/1\.1 (2\d\d) .*").fullmatch
_DIGITS: Final = tuple(b"%d" % digit for digit in range(1, 10))
"""What a length that is not 0 begins with."""
_MOST_DIGITS: Final = 9
_BODYLESS: Final = frozenset({204, 205})
_LENGTH, _ENCODING, _OTHER, _REFUSED = range(4)
_KINDS: Final = {
    b"content-length": _LENGTH,
    b"content-encoding": _ENCODING,
    b"connection": _REFUSED,
    b"keep-alive": _REFUSED,
    b"proxy-connection": _REFUSED,
    b"trailer": _REFUSED,
    b"transfer-encoding": _REFUSED,
    b"upgrade": _REFUSED,
}
"""What a header means for reading the response; those that are not here, nothing."""
_REMEMBERED: Final = 1000
_statuses = dict[bytes, int]()
_kinds = dict[bytes, int]()


class PlainHeaders(Mapping[str, str]):
    """Headers that are parsed when somebody looks one up, which is seldom."""

    __slots__ = ("_lines", "_parsed")

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines
        self._parsed: CIMultiDictProxy[str] | None = None

    def parsed(self) -> CIMultiDictProxy[str]:
        """Return them as aiohttp would."""
        if self._parsed is None:
            fields = CIMultiDict[str]()
            for line in self._lines:
                name, _, value = line.decode("utf-8", "surrogateescape").partition(":")
                fields.add(name, value.strip(" \t"))
            self._parsed = CIMultiDictProxy(fields)
        return self._parsed

    def getall(self, name: str, default: Sequence[str]) -> Sequence[str]:
        """Return all values of a header."""
        return self.parsed().getall(name, default)

    def may_have(self, name: bytes) -> bool:
        """Tell sooner than by looking it up whether a header may be there.

        Args:
            name: In lower case.
        """
        return name in b"\n".join(self._lines).lower()

    @override
    def __getitem__(self, name: str) -> str:
        return self.parsed()[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self.parsed())

    @override
    def __len__(self) -> int:
        return len(self.parsed())


Plain = tuple[int, PlainHeaders, bytes, bool, int]
"""Status, headers, the body as far as it came, whether that is compressed, and how many
bytes of it are missing: negative if more bytes came than the response has."""


def plain(data: bytes) -> Plain | None:
    """Return the response that some bytes begin; None if another must read them."""
    end = data.find(b"\r\n\r\n")
    if not 0 < end <= _MOST_BYTES:
        return None
    head = data[:end]
    first, *lines = head.split(b"\r\n")
    status = _statuses.get(first) or _status_of(first)
    if not status or head.translate(None, _TEXT) != b"\r\n" * len(lines):
        return None
    is_encoded, told = _told(lines)
    body = data[end + 4 :]
    if told == b"%d" % len(body):  # as nearly always
        return status, PlainHeaders(lines), body, is_encoded, 0
    if told[:1] in _DIGITS and told.isdigit() and len(told) <= _MOST_DIGITS:
        length = int(told)
        missing = length - len(body)
        return status, PlainHeaders(lines), body[:length], is_encoded, missing
    return None


def _told(lines: list[bytes]) -> tuple[bool, bytes]:
    """Tell whether a body is compressed, and its length as it is told.

    There is no length where headers are malformed, or change how the body is read.
    """
    is_encoded, told = False, None
    for line in lines:
        name, colon, value = line.partition(b":")
        kind = _kinds.get(name)
        if kind is None:
            kind = _kind_of(name)
        if not colon:
            return False, b""
        if kind == _LENGTH and told is None:
            told = value.strip(b" \t")
        elif kind == _ENCODING:
            is_encoded = True
        elif kind != _OTHER:
            return False, b""
    return is_encoded, told or b""


def _status_of(line: bytes) -> int:
    """Return the status of a successful response that may have a body; otherwise 0."""
    match = _STATUS(line)
    status = 0 if match is None else int(match[1])
    if status in _BODYLESS:
        status = 0
    if status and len(_statuses) < _REMEMBERED:
        _statuses[line] = status
    return status


def _kind_of(name: bytes) -> int:
    kind = _KINDS.get(name.lower(), _OTHER) if _TOKEN(name) else _REFUSED
    if len(_kinds) < _REMEMBERED:
        _kinds[name] = kind
    return kind
