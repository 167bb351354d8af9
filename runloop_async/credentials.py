"""The key to the API, and where it may be sent."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final, cast
from urllib.parse import urlsplit

from runloop_async.annotations import override
from runloop_async.errors import ConfigurationError
from runloop_async.values import plain_text

DEFAULT_BASE_URL: Final = "https://api.runloop.ai"


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


def sealed(key: object) -> Secret:
    """Return a key, whatever it is, so that no repr and no traceback shows it."""
    return key if isinstance(key, Secret) else Secret(cast("str", key))


def checked_key(key: Secret) -> Secret:
    """Return a key without blanks around it.

    Raises:
        ConfigurationError: There is none, or it cannot be sent.
    """
    if _is_absent(key):
        raise ConfigurationError(
            "there is no API key: set RUNLOOP_API_KEY, or pass bearer_token="
        )
    if not _is_sendable(key):
        raise ConfigurationError(
            "the API key must be a str of printable ASCII letters, without line ends"
        )
    return Secret(plain_text(key.reveal()).strip())


def _is_absent(key: Secret) -> bool:
    text: object = key.reveal()
    return not text or (isinstance(text, str) and not text.strip())


def _is_sendable(key: Secret) -> bool:
    text: object = key.reveal()
    return isinstance(text, str) and text.isascii() and text.isprintable()


def checked_url(url: object) -> str:
    """Return a base URL without a slash at its end.

    Raises:
        ConfigurationError: It is no URL of a host, or has parts that it must not have.
    """
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
    if not _is_host(host):
        raise ConfigurationError(f"base_url {text!r} has a host that cannot exist")
    return text


def _is_host(host: str) -> bool:
    """Tell whether a name can be looked up: each label has 1 to 63 letters."""
    try:
        return bool(host.removesuffix(".").encode("idna"))
    except UnicodeError:
        return False


def refuse_clear_text(url: str, *, allow_http: bool) -> None:
    """Refuse to send the key in clear to another machine.

    Raises:
        ConfigurationError: The URL has no TLS, and is not this machine's.
    """
    parts = urlsplit(url)
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname):
        raise ConfigurationError(
            f"base_url {url!r} would send the key in clear to another machine: use "
            "https, or allow_http=True if the way there is safe"
        )


def _is_plain(url: str) -> bool:
    return url.isprintable() and not any(map(str.isspace, url.strip(" ")))


def _is_loopback(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost" or (host or "").endswith(".localhost")


def custom_headers(lines: str) -> Mapping[str, str]:
    """Return the headers of `RUNLOOP_CUSTOM_HEADERS`.

    Raises:
        ConfigurationError: A line has no colon.
    """
    headers: dict[str, str] = {}
    for line in filter(str.strip, lines.split("\n")):
        name, colon, value = line.partition(":")
        if not colon:
            raise ConfigurationError(
                "RUNLOOP_CUSTOM_HEADERS must have lines of the form `Name: value`"
            )
        headers[name.strip()] = value.strip()
    return headers
