"""Read the response that nearly all are: complete, and with its length stated.

Everything else is for aiohttp's parser: chunks, interim responses, errors, responses
that come in several pieces, and whatever is malformed or merely unusual. So this reader
can refuse whatever it does not know, and stay short. No framing is decided here that
aiohttp would decide otherwise; the tests compare the two.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from multidict import CIMultiDict, CIMultiDictProxy

from runloop_async.annotations import override

_MOST_BYTES: Final = 8190
"""The longest head that is read here; aiohttp has the same bound for a line."""
_TEXT: Final = bytes({9, *range(32, 127), *range(128, 256)})
"""The bytes that the lines of a head may consist of."""
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_STATUS: Final = re.compile(rb"HTTP/1\.1 (2\d\d) .*").fullmatch
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

    @override
    def __getitem__(self, name: str) -> str:
        return self.parsed()[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self.parsed())

    @override
    def __len__(self) -> int:
        return len(self.parsed())


Plain = tuple[int, PlainHeaders, bytes, bool]
"""Status, headers, the body as it came, and whether that is compressed."""


def plain(data: bytes) -> Plain | None:
    """Return the response that some bytes are; None if that is for another to say."""
    end = data.find(b"\r\n\r\n")
    if not 0 < end <= _MOST_BYTES:
        return None
    head = data[:end]
    first, *lines = head.split(b"\r\n")
    status = _statuses.get(first) or _status_of(first)
    if not status or head.translate(None, _TEXT) != b"\r\n" * len(lines):
        return None
    body = data[end + 4 :]
    is_encoded = _is_encoded(lines, b"%d" % len(body))
    return (
        None if is_encoded is None else (status, PlainHeaders(lines), body, is_encoded)
    )


def _is_encoded(lines: list[bytes], length: bytes) -> bool | None:
    """Tell whether a body is encoded; None if it may not be a body of that length."""
    is_encoded, told = False, None
    for line in lines:
        name, colon, value = line.partition(b":")
        kind = _kinds.get(name)
        if kind is None:
            kind = _kind_of(name)
        if kind == _LENGTH and told is None:
            told = value.strip(b" \t")
        elif kind == _ENCODING:
            is_encoded = True
        elif kind != _OTHER or not colon:
            return None
    return is_encoded if told == length else None


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
