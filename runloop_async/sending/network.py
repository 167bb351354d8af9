"""How servers are reached: a session of the caller's, or TLS and proxies of its own."""

import inspect
from ssl import SSLContext
from types import FrameType

import attrs
from aiohttp import ClientSession
from yarl import URL

from runloop_async.credentials import Secret
from runloop_async.errors import ConfigurationError

_PACKAGE = __name__.partition(".")[0]


@attrs.frozen(kw_only=True)
class Network:
    """How servers are reached."""

    session: ClientSession | None = None
    """The caller's own, which is used and not closed."""
    ssl: SSLContext | None = attrs.field(default=None, repr=False)
    """How servers are verified; None as Python does by default."""
    proxy: Secret | None = None
    """The URL of a proxy, which may hold a password."""
    trust_env: bool = False
    """Whether proxies are read from the environment."""
    made_at: str = "?"
    """Where the client was made, to name it if it is never closed."""


def network_of(
    session: object, ssl: object, proxy: object, trust_env: object
) -> Network:
    """Return the network that the arguments of a client stand for.

    Raises:
        ConfigurationError: One is of a wrong type, or does not go with a session.
    """
    if session is not None and not isinstance(session, ClientSession):
        raise ConfigurationError(
            f"session must be an aiohttp.ClientSession, not {session!r}"
        )
    if ssl is not None and not isinstance(ssl, SSLContext):
        raise ConfigurationError(
            f"ssl must be an ssl.SSLContext, not {ssl!r}: make one with "
            "ssl.create_default_context(), and load your certificates into it"
        )
    if trust_env is not None and not isinstance(trust_env, bool):
        raise ConfigurationError(f"trust_env must be True or False, not {trust_env!r}")
    if session is not None and (ssl or proxy or trust_env):
        raise ConfigurationError(
            "a session has its own ssl, proxy and trust_env: set them there"
        )
    return Network(
        session=session,
        ssl=ssl,
        proxy=None if proxy is None else _checked_proxy(proxy),
        trust_env=bool(trust_env),
        made_at=_caller(),
    )


def _checked_proxy(proxy: object) -> Secret:
    """Return the URL of a proxy; what it holds beside the host is not for messages."""
    try:
        url = URL(str.__str__(proxy)) if isinstance(proxy, str) else None
    except ValueError:
        url = None
    if url is None or url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError(
            "proxy must be the URL of an HTTP proxy, such as 'http://proxy:3128'"
        )
    return Secret(str(url))


def _caller() -> str:
    """Return file and line of the code that makes a client."""
    frame = inspect.currentframe()
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    if frame is None:  # pragma: no cover - of interpreters that have no frames
        return "?"
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] == _PACKAGE
