"""The knobs of a client and of a single call: each stated once, with unit and default.

Durations are seconds. None stands for "no limit". What is not usable is refused with a
`ConfigurationError` where it is given, before anything is sent.
"""

import sys
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any, Final, TypedDict, cast
from urllib.parse import urlsplit

import attrs

from runloop_async.annotations import override
from runloop_async.errors import ConfigurationError

DEFAULT_BASE_URL: Final = "https://api.runloop.ai"
MAX_PAGE: Final = 5000
"""The most items that the API puts on one page."""


class Secret:
    """A text that does not show itself in a repr, a log line, a copy or a pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    @override
    def __repr__(self) -> str:
        return "Secret('***')"

    @override
    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not pickled: give the key to each process anew")


def seconds(name: str, value: object) -> float:
    """Return `value` if it is a positive, finite number of seconds.

    Raises:
        ConfigurationError: It is something else.
    """
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 < value <= sys.float_info.max
    ):
        return float(value)
    raise ConfigurationError(
        f"{name} must be a number of seconds above 0, not {value!r}"
    )


def count(name: str, value: object, *, least: int) -> int:
    """Return `value` if it is a whole number of at least `least`.

    Raises:
        ConfigurationError: It is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(
            f"{name} must be a whole number of at least {least}, not {value!r}"
        )
    return value


_Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def _seconds(*, optional: bool) -> _Validator:
    def check(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        if value is not None or not optional:
            seconds(attribute.name, value)

    return check


def _count(least: int) -> _Validator:
    def check(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        count(attribute.name, value, least=least)

    return check


@attrs.frozen(kw_only=True)
class Timeouts:
    """How long one attempt may take; waiting for a free connection does not count."""

    total: float | None = attrs.field(default=30.0, validator=_seconds(optional=True))
    """Seconds from the start of the attempt to the last byte of its answer."""
    connect: float | None = attrs.field(default=5.0, validator=_seconds(optional=True))
    """Seconds to reach the server and agree on TLS."""

    @classmethod
    def of(cls, value: "float | Timeouts | None") -> "Timeouts":
        """Return the time-outs that a number of seconds, or None for none, stands for.

        Raises:
            ConfigurationError: It is neither.
        """
        if isinstance(value, Timeouts):
            return value
        if value is None:
            return cls(total=None, connect=None)
        total = seconds("timeout", value)
        # A little less than all of it, so that it is known what took so long.
        return cls(total=total, connect=min(0.9 * total, 5.0))


@attrs.frozen(kw_only=True)
class Limits:
    """How many requests of each workload may be under way at once."""

    api: int = attrs.field(default=100, validator=_count(1))
    """Short calls."""
    wait: int = attrs.field(default=500, validator=_count(1))
    """Long polls and streams, which hold a connection while nothing happens."""
    transfer: int = attrs.field(default=8, validator=_count(1))
    """Uploads and downloads."""


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """When a failed attempt is made again, and after how long."""

    max_retries: int = attrs.field(default=5, validator=_count(0))
    """Attempts after the first; 0 means one attempt."""
    backoff: float = attrs.field(default=0.5, validator=_seconds(optional=False))
    """Longest wait before the first retry, in seconds; it doubles with each retry."""
    backoff_max: float = attrs.field(default=16.0, validator=_seconds(optional=False))
    """Longest wait before any retry, in seconds, unless the server names its own."""
    retry_after_max: float = attrs.field(
        default=600.0, validator=_seconds(optional=False)
    )
    """Longest wait that the server may ask for, in seconds; above it the call fails."""


class CallOptions(TypedDict, total=False):
    """What `with_options` of a call takes; a key that is absent leaves the client's."""

    timeout: float | Timeouts | None
    """Seconds that one attempt may take."""
    deadline: float | None
    """Seconds that the whole call may take, with its waits and retries."""
    max_retries: int
    """Attempts after the first."""
    headers: Mapping[str, str]
    """Request headers to add or replace."""
    query: Mapping[str, str | int | float | bool | None]
    """Query parameters to add or replace; None takes one away."""
    idempotency_key: str
    """The `x-request-id` of a write, instead of a made-up one."""


def check_call_options(options: CallOptions) -> None:
    """Refuse options of a call that cannot be used.

    Raises:
        ConfigurationError: One of them is not known, or not of its type and range.
    """
    for name in options:
        if name not in CallOptions.__annotations__:
            known = ", ".join(CallOptions.__annotations__)
            raise ConfigurationError(f"there is no option {name!r}; there is {known}")
    Timeouts.of(options.get("timeout"))
    if options.get("deadline") is not None:
        seconds("deadline", options.get("deadline"))
    count("max_retries", options.get("max_retries", 0), least=0)
    given = cast("Mapping[str, object]", options)
    for name in ("headers", "query"):
        if not isinstance(given.get(name, {}), Mapping):
            raise ConfigurationError(f"{name} must be a dict, not {given[name]!r}")
    key: object = options.get("idempotency_key", "key")
    if not isinstance(key, str) or not key or not key.isprintable():
        raise ConfigurationError(
            "idempotency_key must be a str of printable letters, and not empty"
        )


class ClientParams(TypedDict, total=False):
    """What a client takes; what is left out comes from the environment or a default."""

    bearer_token: str | Secret
    """The API key; default is the variable `RUNLOOP_API_KEY`."""
    base_url: str
    """Where the API is; default is `RUNLOOP_BASE_URL`, else https://api.runloop.ai."""
    timeout: float | Timeouts | None
    """Seconds that one attempt may take, from its start; default 30, None for ever."""
    deadline: float | None
    """Seconds that a call may take, waits and retries included; default None."""
    max_retries: int
    """Attempts after the first; default 5. Short for the field of `retry`."""
    retry: RetryPolicy
    """When and how often to try again."""
    default_headers: Mapping[str, str]
    """Headers of every request, over those of `RUNLOOP_CUSTOM_HEADERS`."""
    default_query: Mapping[str, object]
    """Query parameters of every request."""
    max_response_bytes: int
    """Largest answer to read into memory, after decompression; default 64 MiB."""
    allow_http: bool
    """Whether a `base_url` without TLS may be another machine; default False."""


@attrs.frozen(kw_only=True)
class ClientOptions:
    """Everything that a client was told, checked and with its defaults filled in."""

    bearer_token: Secret
    base_url: str
    timeouts: Timeouts
    own_timeouts: bool
    """Whether the user chose the time-outs: then slow endpoints get no longer ones."""
    deadline: float | None
    retry: RetryPolicy
    default_headers: Mapping[str, str] = attrs.field(repr=False)
    default_query: Mapping[str, object]
    max_response_bytes: int


def resolve(params: ClientParams, environment: Mapping[str, str]) -> ClientOptions:
    """Return options with what the environment and the defaults add to them.

    Raises:
        ConfigurationError: There is no key, or an option or variable is unusable.
    """
    for name in params:
        if name not in ClientParams.__annotations__:
            known = ", ".join(ClientParams.__annotations__)
            raise ConfigurationError(f"there is no option {name!r}; there is {known}")
    retry: object = params.get("retry", RetryPolicy())
    if not isinstance(retry, RetryPolicy):
        raise ConfigurationError(f"retry must be a RetryPolicy, not {retry!r}")
    if "max_retries" in params:
        retry = attrs.evolve(retry, max_retries=params["max_retries"])
    deadline = params.get("deadline")
    headers = {
        **_custom_headers(environment.get("RUNLOOP_CUSTOM_HEADERS", "")),
        **params.get("default_headers", {}),
    }
    url = params.get("base_url") or environment.get("RUNLOOP_BASE_URL")
    return ClientOptions(
        bearer_token=_key(params.get("bearer_token"), environment),
        base_url=_base_url(url or DEFAULT_BASE_URL, params.get("allow_http", False)),
        timeouts=Timeouts.of(params["timeout"]) if "timeout" in params else Timeouts(),
        own_timeouts="timeout" in params,
        deadline=None if deadline is None else seconds("deadline", deadline),
        retry=retry,
        default_headers=headers,
        default_query=params.get("default_query", {}),
        max_response_bytes=count(
            "max_response_bytes", params.get("max_response_bytes", 64 * 2**20), least=1
        ),
    )


def _key(given: object, environment: Mapping[str, str]) -> Secret:
    if isinstance(given, Secret):
        return given
    key = environment.get("RUNLOOP_API_KEY") if given is None else given
    if not key or (isinstance(key, str) and not key.strip()):
        raise ConfigurationError(
            "there is no API key: set RUNLOOP_API_KEY, or pass bearer_token="
        )
    if not isinstance(key, str) or not key.isascii() or not key.isprintable():
        raise ConfigurationError(
            "the API key must be a str of printable ASCII letters, without line ends"
        )
    return Secret(key.strip())


def _base_url(url: object, allow_http: bool) -> str:
    text = str(url).strip().rstrip("/")
    if any(mark in text for mark in "@?#"):  # not shown: it may hold a password
        raise ConfigurationError(
            "base_url must have no user, password, query or fragment; the key goes "
            "into bearer_token"
        )
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"base_url {text!r} is no URL: {error}") from None
    if parts.scheme not in {"http", "https"} or not host or not _is_plain(str(url)):
        raise ConfigurationError(
            f"base_url must begin with https:// and a host, as in {DEFAULT_BASE_URL}; "
            f"it is {text!r}"
        )
    if parts.scheme == "http" and not allow_http and not _is_loopback(host):
        raise ConfigurationError(
            f"base_url {text!r} would send the key in clear to another machine: use "
            "https, or allow_http=True if the way there is safe"
        )
    return text


def _is_plain(url: str) -> bool:
    return url.isprintable() and not any(map(str.isspace, url.strip(" ")))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _custom_headers(lines: str) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for line in filter(str.strip, lines.split("\n")):
        name, colon, value = line.partition(":")
        if not colon:
            raise ConfigurationError(
                "RUNLOOP_CUSTOM_HEADERS must have lines of the form `Name: value`"
            )
        headers[name.strip()] = value.strip()
    return headers
