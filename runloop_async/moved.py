"""What the official client has under other names here, for messages."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_OPTION: Final = "it is an option of the call: add .with_options({}=...) to it"

_WAIT: Final = (
    "to bound the whole wait, add .with_options(deadline=...) to it, or give "
    "polling_config=PollingConfig(timeout_seconds=...)"
)

ARGUMENTS: Final[Mapping[str, str]] = {
    "extra_headers": _OPTION.format("headers"),
    "extra_query": _OPTION.format("query"),
    "extra_body": "post other fields with client.post(route, shape, body=...)",
    "timeout": _OPTION.format("timeout"),
    "max_retries": _OPTION.format("max_retries"),
    "idempotency_key": _OPTION.format("idempotency_key"),
    "cast_to": "give the shape as the second argument, as in client.get(route, shape)",
    "options": "give query= and body=, and add .with_options(...) to the call",
    "stream_cls": "streams are methods of their own, such as executions.stream_...",
}
"""Arguments of methods."""
OPTIONS: Final[Mapping[str, str]] = {
    "http_client": "set proxy=, ssl= or limits=, or give an aiohttp session with "
    "session=",
    "api_key": "the key is bearer_token=",
    "_strict_response_validation": "responses are always validated",
    "extra_headers": "they are default_headers=, or headers= of a call",
    "set_default_headers": "default_headers= are added to those that there are",
    "set_default_query": "default_query= is added to what there is",
}
"""Options of the client."""
RESOURCE: Final[Mapping[str, str]] = {
    "with_raw_response": "make the call as usual and await its .raw()",
    "with_streaming_response": "make the call as usual; downloads have .stream(), and "
    "other responses .raw()",
}
"""Attributes of the client and its resources."""
CLIENT: Final[Mapping[str, str]] = {
    **RESOURCE,
    "api_key": "the client does not show its key",
    "bearer_token": "the client does not show its key",
    "max_retries": "set it with with_options(max_retries=...)",
    "timeout": "set it with with_options(timeout=...)",
    "patch": "the API has no PATCH: use client.post or client.put",
    "devbox": "client.devboxes.open() starts one to work on, and "
    "client.devboxes.box(id) is one that is there",
    "blueprint": "use client.blueprints, whose methods take the id",
    "snapshot": "use client.devboxes.disk_snapshots, whose methods take the id",
    "storage_object": "use client.objects, whose methods take the id",
    "scorer": "use client.scenarios.scorers, whose methods take the id",
    "agent": "use client.agents, whose methods take the id",
    "scenario": "use client.scenarios, whose methods take the id",
    "benchmark": "use client.benchmarks, whose methods take the id",
}
"""Attributes of the client alone."""
ERROR: Final[Mapping[str, str]] = {
    "response": "the error has status_code, body, request_id and retry_after itself",
    "request": "the error has method and route itself",
}
"""Attributes of errors."""
PAGE: Final[Mapping[str, str]] = {
    "next_page_info": "await get_next_page(), or take the id of the last item as "
    "starting_after=",
    "next_page_params": "await get_next_page(), or take the id of the last item as "
    "starting_after=",
}
"""Attributes of pages."""
_OMIT: Final = "leave the argument out, or give None for the default of an option"
_SDK: Final = (
    "use AsyncRunloop: client.devboxes.open() starts a devbox to work on, and "
    "client.devboxes.box(id) is one that is there"
)
_ASYNC: Final = "use AsyncRunloop, with asyncio.run() in a program that is not async"
_HTTP: Final = "this client speaks aiohttp: see the options session, proxy, ssl, limits"
NAMES: Final[Mapping[str, str]] = {
    "NOT_GIVEN": _OMIT,
    "NotGiven": _OMIT,
    "not_given": _OMIT,
    "Omit": _OMIT,
    "omit": _OMIT,
    "Runloop": _ASYNC,
    "Client": _ASYNC,
    "RunloopSDK": _ASYNC,
    "AsyncClient": "use AsyncRunloop",
    "AsyncRunloopSDK": _SDK,
    "Timeout": "use Timeouts, or a number of seconds",
    "DefaultAioHttpClient": _HTTP,
    "DefaultAsyncHttpxClient": _HTTP,
    "DefaultHttpxClient": _HTTP,
    "DEFAULT_TIMEOUT": "use Timeouts(), whose fields have the defaults",
    "DEFAULT_MAX_RETRIES": "use RetryPolicy(), whose fields have the defaults",
    "APIResponse": "use RawResponse",
    "AsyncAPIResponse": "use RawResponse",
    "AsyncStream": "use EventStream",
    "Stream": "use EventStream",
    "BaseModel": "models are attrs classes: use to_dict(), to_json() and from_dict()",
    "file_from_path": "give a pathlib.Path",
}
"""Names of the package."""
_VALUES: Final[Mapping[str, str]] = {
    "NotGiven": _OMIT,
    "Omit": _OMIT,
    "Timeout": "use Timeouts(total=..., connect=...)",
}
_THEIR_MODULES: Final = frozenset({"httpx", "runloop_api_client"})


def theirs(value: object) -> str:
    """Return what to add to a message about a value of the official client."""
    kind = type(value)
    if kind.__module__.partition(".")[0] not in _THEIR_MODULES:
        return ""
    return f": {_VALUES[kind.__name__]}" if kind.__name__ in _VALUES else ""


def missing(owner: object, name: str, hints: Mapping[str, str]) -> AttributeError:
    """Return the error for an attribute that is not there, with what replaces it."""
    hint = f": {hints[name]}" if name in hints else ""
    kind = type(owner).__name__
    return AttributeError(
        f"{kind!r} object has no attribute {name!r}{hint}", name=name, obj=owner
    )


def explained(method: Callable[P, T]) -> Callable[P, T]:
    """Let a method say what replaces an argument that it does not have."""

    @wraps(method)
    def call(*args: P.args, **fields: P.kwargs) -> T:
        try:
            return method(*args, **fields)
        except TypeError:
            known = signature(call).parameters
            is_wait = "polling_config" in known
            for name in fields.keys() & ARGUMENTS.keys() - known.keys():
                hint = _WAIT if is_wait and name == "timeout" else ARGUMENTS[name]
                # The class of the resource, which may have it of a base class.
                owner = f"{type(args[0]).__name__}." if args else ""
                raise TypeError(
                    f"{owner}{method.__name__}() has no argument {name!r}: {hint}"
                ) from None
            raise

    return call
