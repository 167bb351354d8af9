"""Plain values: what users give as text and numbers, made fit to be sent, or refused.

Subclasses of `str`, `int` and `float`, such as the members of a `StrEnum` or numpy's
scalars, become the plain value that they stand for.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from numbers import Integral, Real
from typing import Any, Final, cast

import msgspec

MAX_BITS: Final = 14_000
"""Of a whole number: Python writes none of more than 4,300 digits."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search
_UNPRINTABLE = re.compile("\0+")
_HALF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]").search
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~\-]+").fullmatch


def plain_text(value: str) -> str:
    """Return a text as a plain `str`.

    Raises:
        ValueError: It has half of a surrogate pair, which UTF-8 cannot carry.
    """
    text = value if type(value) is str else str.__str__(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            place = error.start
        else:
            return text
        raise ValueError(f"has half of a surrogate pair at index {place}: remove it")
    return text


def plain_int(value: object) -> int | None:
    """Return a whole number as a plain `int`, None if it is none; a bool is none."""
    if type(value) is int:
        return value
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int.__index__(value.__index__())
    return None


def plain_number(value: object) -> int | float | None:
    """Return a number as a plain `int` or `float`, None if it is none."""
    if type(value) is float:
        return value
    if isinstance(value, Real) and not isinstance(value, bool | Integral):
        return float.__float__(float(value))
    return plain_int(value)


def excerpt(text: str, length: int = 300) -> str:
    """Return the beginning of a text from the server, fit for a log line."""
    begin = text[: length + 1]
    shown = "".join(letter if letter.isprintable() else "\0" for letter in begin)
    line = _UNPRINTABLE.sub(" ", shown).strip()
    return line if len(text) <= length else line[:length] + "..."


def parse_json(body: bytes) -> object:
    """Return the value of a JSON document.

    Half of a surrogate pair, which JSON can spell and UTF-8 cannot, is kept as it is.

    Raises:
        ValueError: It is no JSON, or nested too deep.
    """
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        fault = "it is nested too deep"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fault = str(error)
    if _HALF_A_PAIR(body):  # which this parser refuses, and Python's keeps
        with suppress(ValueError, RecursionError):
            return json.loads(
                body.decode(), parse_constant=_refuse, parse_float=_finite
            )
    raise ValueError(fault)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number


def query_text(name: str, value: object) -> str:
    """Return a query value as text: booleans as words, lists joined by commas.

    Raises:
        TypeError: It is of a type that a query has no form for.
        ValueError: It is not a finite number, or has half of a surrogate pair.
    """
    if isinstance(value, str):
        return named_text(name, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        items = cast("Iterable[object]", value)
        return ",".join(query_text(name, item) for item in items if item is not None)
    number = plain_number(value)
    if number is None:
        raise TypeError(
            f"{name} must be a str, number, bool or list, not {type(value).__name__}"
        )
    if isinstance(number, int) and number.bit_length() > MAX_BITS:
        raise ValueError(f"{name} must be a number with fewer digits")
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number, not {number!r}")
    return str(number)


def query_texts(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return parameters with their values as texts.

    None is left out. An entry of a map is `name[key]`, or where it is a list, which
    stands for several values to choose from, `name[key][in]`.

    Raises:
        TypeError: A value is of a type that a query has no form for.
        ValueError: A value cannot be sent.
    """
    texts: dict[str, str] = {}
    for given, value in parameters.items():
        name = _name(given)
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, object]", value)
            texts |= query_texts(
                {_entry(name, *each): each[1] for each in inner.items()}
            )
        elif value is not None:
            texts[name] = query_text(name, value)
    return texts


def _name(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(f"a query parameter's name must be a str, not {given!r}")
    return named_text("a query parameter's name", given)


def _entry(name: str, key: str, value: object) -> str:
    key = _name(key)
    return f"{name}[{key}][in]" if isinstance(value, list | tuple) else f"{name}[{key}]"


def header(name: object, value: object) -> tuple[str, str]:
    """Return a header as it can be sent.

    Raises:
        TypeError: Name or value is not a string.
        ValueError: The name is no token, or the value has control characters or half
            of a surrogate pair.
    """
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError("a header's name and value must each be a str")
    name = str.__str__(name)
    if not _TOKEN(name):
        raise ValueError(f"{name!r} cannot be the name of a header")
    text = named_text(f"the value of the header {name}", value)
    if _CONTROL(text):
        raise ValueError(f"the value of the header {name} has control characters")
    return name, text.strip()


def named_text(name: str, value: object) -> str:
    """Return a text as a plain `str`; `name` is for the message.

    Raises:
        TypeError: It is no text.
        ValueError: It has half of a surrogate pair, which UTF-8 cannot carry.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    try:
        return plain_text(value)
    except ValueError as error:
        why = str(error)
    raise ValueError(f"{name} {why}")


def callback(name: str, value: object) -> Any:
    """Return a callback, or None if there is none.

    Raises:
        TypeError: It cannot be called.
    """
    if value is not None and not callable(value):
        raise TypeError(f"{name} must be a function, not {type(value).__name__}")
    return value
