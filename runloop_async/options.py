"""The knobs of a client and of a single call: each stated once, with unit and default.

Durations are seconds. None stands for "no limit". What is not usable is refused with a
`ConfigurationError` where it is given, before anything is sent.
"""

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, Literal, TypedDict, cast

import attrs

from runloop_async.credentials import (
    DEFAULT_BASE_URL,
    Secret,
    checked_key,
    checked_url,
    custom_headers,
    refuse_clear_text,
    sealed,
)
from runloop_async.errors import ConfigurationError
from runloop_async.moved import OPTIONS, theirs
from runloop_async.values import (
    header,
    plain_int,
    plain_number,
    plain_text,
    query_texts,
)

MAX_PAGE: Final = 5000
"""The most items that the API puts on one page."""


def positive_seconds(name: str, value: object) -> float:
    """Return `value` if it is a positive, finite number of seconds.

    Raises:
        ConfigurationError: It is something else.
    """
    number = plain_number(value)
    if number is not None and 0 < number <= sys.float_info.max:
        return float(number)
    raise ConfigurationError(
        f"{name} must be a number of seconds above 0, not {value!r}{theirs(value)}"
    )


def whole_number(name: str, value: object, *, least: int) -> int:
    """Return `value` if it is a whole number of at least `least`.

    Raises:
        ConfigurationError: It is something else.
    """
    number = plain_int(value)
    if number is None or number < least:
        raise ConfigurationError(
            f"{name} must be a whole number of at least {least}, not {value!r}"
        )
    return number


def seconds_field(
    name: str,
    *,
    default: float | None,
    optional: bool = False,
    endless: bool = False,
) -> Any:
    """Return a field of seconds.

    Args:
        name: What to call it in an error.
        default: What it is if it is not given.
        optional: Whether it may be None.
        endless: Whether it may be infinite, which stands for no limit.
    """

    def convert(value: object) -> float | None:
        if optional and value is None:
            return None
        if endless and value == math.inf:
            return math.inf
        return positive_seconds(name, value)

    return attrs.field(default=default, converter=convert)


def count_field(name: str, *, default: int, least: int) -> Any:
    """Return a field of a whole number."""
    return attrs.field(
        default=default, converter=partial(whole_number, name, least=least)
    )


@attrs.frozen(kw_only=True)
class Timeouts:
    """How long one attempt may take; waiting for a free connection does not count."""

    total: float | None = seconds_field("total", default=30.0, optional=True)
    """Seconds from the start of the attempt to the last byte of its response; of a
    stream or a download, to the first."""
    connect: float | None = seconds_field("connect", default=5.0, optional=True)
    """Seconds to reach the server and agree on TLS."""
    idle: float | None = seconds_field("idle", default=30.0, optional=True)
    """Seconds between two pieces of a stream or a download."""

    @classmethod
    def of(cls, value: "float | Timeouts | None") -> "Timeouts":
        """Return the timeouts that a number of seconds, or None for none, stands for.

        Raises:
            ConfigurationError: It is neither.
        """
        if isinstance(value, Timeouts):
            return value
        if value is None:
            return cls(total=None, connect=None, idle=None)
        total = positive_seconds("timeout", value)
        # 90 %, so that a slow connect is reported as such.
        return cls(total=total, connect=min(0.9 * total, 5.0), idle=total)


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """When a failed attempt is made again, and after how long."""

    max_retries: int = count_field("max_retries", default=6, least=0)
    """Attempts after the first; 0 means one attempt."""
    backoff: float = seconds_field("backoff", default=0.5)
    """Longest wait before the first retry, in seconds; it doubles with each retry."""
    backoff_max: float = seconds_field("backoff_max", default=16.0)
    """Longest wait before any retry, in seconds, unless the server names its own."""
    retry_after_max: float = seconds_field("retry_after_max", default=600.0)
    """Longest wait that the server may ask for, in seconds; above it the call fails."""


class CallOptions(TypedDict, total=False):
    """What `with_options` of a call takes; a key that is absent leaves the client's."""

    timeout: float | Timeouts | None
    """Seconds that one attempt may take."""
    deadline: float | None
    """Seconds that the whole call may take, with its waits and retries."""
    max_retries: int | None
    """Attempts after the first."""
    headers: Mapping[str, str] | None
    """Request headers to add or replace."""
    query: Mapping[str, str | int | float | bool | None] | None
    """Query parameters to add or replace; None takes one away."""
    idempotency_key: str | None
    """The `x-request-id` of a write, instead of a made-up one."""


def merged(old: CallOptions, new: CallOptions) -> CallOptions:
    """Return the options of a call with others on top of them, checked.

    Headers and query parameters are added to those that there are. None takes back
    what was given before, except for `timeout` and `deadline`, where it means no limit.

    Raises:
        ConfigurationError: An option is unknown, or not of its type and range.
        TypeError: A header or query value is of a wrong type.
        ValueError: A header or query value cannot be sent.
    """
    _refuse_unknown(new, CallOptions)
    given = cast("Mapping[str, object]", new)
    result: dict[str, object] = {**old}
    for name, value in given.items():
        if value is None and name not in _NONE_IS_NO_LIMIT:
            result.pop(name, None)
        elif name == "headers":
            result[name] = with_headers(old.get("headers"), _CALL_OPTIONS[name](value))
        elif name == "query":
            result[name] = {**(old.get("query") or {}), **_CALL_OPTIONS[name](value)}
        else:
            result[name] = _CALL_OPTIONS[name](value)
    return cast("CallOptions", result)


_FRAMING: Final = frozenset(
    {"content-length", "transfer-encoding", "expect", "upgrade"}
)
"""Headers that say where a request ends. Another value than the true one would make a
server take the rest of it for a request of its own."""


def with_headers(
    old: Mapping[str, str] | None, new: Mapping[str, str]
) -> dict[str, str]:
    """Return headers with others in place of those of the same name, in any case."""
    replaced = {name.lower() for name in new}
    kept = {
        name: value
        for name, value in (old or {}).items()
        if name.lower() not in replaced
    }
    return {**kept, **new}


def _refuse_unknown(given: Mapping[str, object], known: type) -> None:
    for name in given:
        if name not in known.__annotations__:
            names = ", ".join(known.__annotations__)
            if name in OPTIONS:
                raise ConfigurationError(
                    f"there is no option {name!r}: {OPTIONS[name]}"
                )
            raise ConfigurationError(f"there is no option {name!r}; there is {names}")


def _timeout(value: object) -> float | Timeouts | None:
    if value is None or isinstance(value, Timeouts):
        return value
    return positive_seconds("timeout", value)


def _deadline(value: object) -> float | None:
    return None if value is None else positive_seconds("deadline", value)


def _mapping(name: str, value: object) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name} must be a dict, not {type(value).__name__}")
    return cast("Mapping[object, object]", value)


def _headers(name: str, value: object) -> dict[str, str]:
    pairs = [header(*each) for each in _mapping(name, value).items()]
    for each, _ in pairs:
        if each.lower() in _FRAMING:
            raise ValueError(f"the header {each} is set by the client: leave it out")
    return dict({pair[0].lower(): pair for pair in pairs}.values())


def _query(name: str, value: object) -> dict[str, str | None]:
    """Return query parameters as texts; None, which takes one away, is kept."""
    given = cast("Mapping[str, object]", _mapping(name, value))
    absent = [each for each, value in given.items() if value is None]
    return {**query_texts(given), **dict.fromkeys(absent)}


def _idempotency_key(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ConfigurationError(
            "idempotency_key must be a str of printable letters, and not empty"
        )
    return plain_text(value)


_NONE_IS_NO_LIMIT: Final = frozenset({"timeout", "deadline"})
_CALL_OPTIONS: Final[Mapping[str, Callable[[object], Any]]] = {
    "timeout": _timeout,
    "deadline": _deadline,
    "max_retries": partial(whole_number, "max_retries", least=0),
    "headers": partial(_headers, "headers"),
    "query": partial(_query, "query"),
    "idempotency_key": _idempotency_key,
}


class ClientParams(TypedDict, total=False):
    """What a client takes; None, like what is left out, is the default.

    For `timeout` and `deadline` None is no limit.
    """

    bearer_token: str | Secret | None
    """The API key; by default the variable `RUNLOOP_API_KEY`."""
    base_url: str | None
    """Where the API is; by default `RUNLOOP_BASE_URL`, else https://api.runloop.ai."""
    timeout: float | Timeouts | None
    """Seconds that one attempt may take, from its start; 30 by default."""
    deadline: float | None
    """Seconds that a call may take, waits and retries included; no limit by default."""
    max_retries: int | None
    """Attempts after the first; 6 by default. Short for the field of `retry`."""
    retry: RetryPolicy | None
    """When and how often to try again."""
    default_headers: Mapping[str, str] | None
    """Headers of every request, over those of `RUNLOOP_CUSTOM_HEADERS`."""
    default_query: Mapping[str, object] | None
    """Query parameters of every request."""
    max_response_bytes: int | None
    """Largest response to read into memory, after decompression; 64 MiB by default."""
    allow_http: bool | None
    """Whether a `base_url` without TLS may be another machine; False by default."""
    prefetch: bool | None
    """Whether a list fetches its next page while the present one is consumed; True by
    default."""
    on_bad_item: Literal["skip", "raise"] | None
    """What to do with an item of a page that cannot be read: by default the page leaves
    it out, and lists it in `page.unreadable`; `raise` refuses the page."""


@attrs.frozen(kw_only=True)
class ClientOptions:
    """Everything that a client was told, checked and with its defaults filled in."""

    bearer_token: Secret
    base_url: str = DEFAULT_BASE_URL
    allow_http: bool = False
    timeouts: Timeouts = attrs.field(factory=Timeouts)
    own_timeouts: bool = False
    """If set, endpoints do not apply their longer defaults."""
    deadline: float | None = None
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    default_headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    default_query: Mapping[str, object] = attrs.field(
        factory=dict[str, object], repr=False
    )
    max_response_bytes: int = 64 * 2**20
    prefetch: bool = True
    on_bad_item: str = "skip"

    def changed(self, params: ClientParams) -> "ClientOptions":
        """Return these options with others on top of them, and nothing read anew.

        Headers and query parameters are added to those that there are.

        Raises:
            ConfigurationError: An option is unknown or unusable.
        """
        fields = dict(_fields(params, self.retry))
        fields["default_headers"] = with_headers(
            self.default_headers, fields.get("default_headers", {})
        )
        fields["default_query"] = {
            **self.default_query,
            **fields.get("default_query", {}),
        }
        if {"base_url", "allow_http"} & fields.keys():
            refuse_clear_text(
                fields.get("base_url", self.base_url),
                allow_http=fields.get("allow_http", self.allow_http),
            )
        return attrs.evolve(self, **fields)


def resolve(params: ClientParams, environment: Mapping[str, str]) -> ClientOptions:
    """Return options with what the environment and the defaults add to them.

    Raises:
        ConfigurationError: There is no key, or an option or variable is unusable.
    """
    _refuse_unknown(params, ClientParams)
    key = params.get("bearer_token")
    url = params.get("base_url") or environment.get("RUNLOOP_BASE_URL")
    lines = environment.get("RUNLOOP_CUSTOM_HEADERS", "")
    return ClientOptions(
        bearer_token=checked_key(
            sealed(environment.get("RUNLOOP_API_KEY") if key is None else key)
        ),
        default_headers=_default_headers(custom_headers(lines)),
    ).changed({**params, "bearer_token": None, "base_url": url or DEFAULT_BASE_URL})


def _fields(params: ClientParams, policy: RetryPolicy) -> Iterator[tuple[str, Any]]:
    """Yield the fields that options change, each checked.

    Raises:
        ConfigurationError: An option is unknown or unusable.
    """
    _refuse_unknown(params, ClientParams)
    if "timeout" in params:
        yield "timeouts", Timeouts.of(params["timeout"])
        yield "own_timeouts", True
    if "deadline" in params:
        yield "deadline", _deadline(params["deadline"])
    if (key := params.get("bearer_token")) is not None:
        yield "bearer_token", checked_key(sealed(key))
    yield "retry", _retry(params.get("retry"), params.get("max_retries"), policy)
    for name, value in params.items():
        if name in _PLAIN_OPTIONS and value is not None:
            yield name, _PLAIN_OPTIONS[name](value)


def _retry(given: object, max_retries: int | None, policy: RetryPolicy) -> RetryPolicy:
    if given is None:
        given = policy
    if not isinstance(given, RetryPolicy):
        raise ConfigurationError(f"retry must be a RetryPolicy, not {given!r}")
    if max_retries is None:
        return given
    return attrs.evolve(given, max_retries=max_retries)


def _default_headers(value: object) -> dict[str, str]:
    try:
        return _headers("default_headers", value)
    except (TypeError, ValueError) as error:
        raise _refused("default_headers", error) from None


def _default_query(value: object) -> dict[str, object]:
    given = cast("dict[str, object]", dict(_mapping("default_query", value)))
    try:
        query_texts(given)
    except (TypeError, ValueError) as error:
        raise _refused("default_query", error) from None
    return given


def _refused(name: str, error: Exception) -> ConfigurationError:
    if isinstance(error, ConfigurationError):
        return error
    return ConfigurationError(f"{name}: {error}")


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} must be a bool, not {value!r}")
    return value


def _on_bad_item(value: object) -> str:
    if value not in {"skip", "raise"}:
        raise ConfigurationError(
            f"on_bad_item must be 'skip' or 'raise', not {value!r}"
        )
    return str(value)


_PLAIN_OPTIONS: Final[Mapping[str, Callable[[object], Any]]] = {
    "base_url": checked_url,
    "allow_http": partial(_flag, "allow_http"),
    "prefetch": partial(_flag, "prefetch"),
    "on_bad_item": _on_bad_item,
    "default_headers": _default_headers,
    "default_query": _default_query,
    "max_response_bytes": partial(whole_number, "max_response_bytes", least=1),
}
"""The options that are checked by themselves, and how."""
