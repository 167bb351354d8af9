from collections.abc import Callable

import pytest
from multidict import CIMultiDict
from rich.pretty import pretty_repr

from runloop_async.options import Timeouts
from runloop_async.sending.outgoing import Headers, Outgoing
from runloop_async.wire.message import Message
from runloop_async.wire.request import Request
from runloop_async.wire.response import Response

MESSAGES = {
    "POST /v1/a": Request(
        method="POST",
        route="/v1/a",
        path="/v1/a",
        json={"value": "canary"},
        url="https://elsewhere/?signature=canary",
        headers=(("X-Key", "canary"),),
    ),
    "200, 6 bytes": Response(200, {"Set-Cookie": "canary"}, b"canary"),
    "POST http://here/v1/a": Outgoing(
        method="POST",
        base="http://here",
        target="/v1/a",
        headers=Headers(CIMultiDict({"Authorization": "canary"})),
        body=b"canary",
        timeouts=Timeouts(),
        max_bytes=1,
    ),
}


@pytest.mark.parametrize("show", [repr, str, pretty_repr])
@pytest.mark.parametrize(("about", "message"), MESSAGES.items())
def test_a_message_shows_what_it_is_about_and_no_secret(
    about: str, message: Message, show: Callable[[object], str]
) -> None:
    shown = show(message)

    assert about in shown
    assert type(message).__name__ in shown
    assert "canary" not in shown
