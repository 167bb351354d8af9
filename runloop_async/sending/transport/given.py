"""A caller's session that is a pool of connections and nothing else.

It adds nothing to a request, so the direct path can take its connections and do without
the rest of it. What it learns of a response, its cookies, it is told.
"""

from operator import itemgetter
from typing import Any, Final

import aiohttp
from yarl import URL

from runloop_async.sending.transport.incoming import Incoming
from runloop_async.wire.plain import PlainHeaders

_ADDING: Final = (
    "_base_url",
    "_default_auth",
    "_default_headers",
    "_default_proxy",
    "_default_proxy_auth",
    "_middlewares",
    "_skip_auto_headers",
    "_trace_configs",
    "_trust_env",
)
"""What changes a request unless it is empty."""
_USUAL: Final = {
    "_request_class": aiohttp.ClientRequest,
    "_response_class": aiohttp.ClientResponse,
    "_version": aiohttp.HttpVersion11,
}
"""What changes a request unless it is this."""
_USUALLY: Final = tuple(_USUAL.values())
_adding, _usual = itemgetter(*_ADDING), itemgetter(*_USUAL)
_JARS: Final = {aiohttp.CookieJar, aiohttp.DummyCookieJar}
"""Those that have no other cookies than the ones that they hold."""
_KNOWN: Final = frozenset(aiohttp.ClientSession.ATTRS)


def adds_nothing(session: aiohttp.ClientSession) -> bool:
    """Tell whether a session is no more than its pool, at this moment."""
    state: dict[str, Any] = vars(session)
    # Whoever puts a method of his own on a session adds an attribute.
    if type(session) is not aiohttp.ClientSession or not state.keys() <= _KNOWN:
        return False
    try:
        if any(_adding(state)) or _usual(state) != _USUALLY:
            return False
    except KeyError:  # another release calls it otherwise
        return False
    jar = session.cookie_jar
    return type(jar) in _JARS and not len(jar)


def tell_cookies(session: aiohttp.ClientSession, url: URL, answer: Incoming) -> None:
    """Let a session keep the cookies of a response, as it does with its own."""
    headers: Any = answer.headers
    if isinstance(headers, PlainHeaders):
        if not headers.may_have(b"set-cookie"):
            return
        headers = headers.parsed()
    if cookies := headers.getall("Set-Cookie", ()):
        session.cookie_jar.update_cookies_from_headers(cookies, url)
