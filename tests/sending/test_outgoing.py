"""What goes out for a request: headers of the client, the endpoint and the call."""

from collections.abc import AsyncGenerator

import pytest

from runloop_async.options import CallOptions, resolve
from runloop_async.sending.outgoing import Preparation
from runloop_async.wire.request import Content, Request

OWN = "application/json;v=2"
PREPARATION = Preparation(
    resolve({"bearer_token": "none", "default_headers": {"Accept": OWN}}, {})
)


def accepted(options: CallOptions, accept: str = "application/json") -> str:
    """Return the `Accept` of a request of this client."""
    asked = Request(method="GET", route="/v1/a", path="/v1/a", accept=accept)
    return PREPARATION.outgoing(
        asked, options, f"{asked.method} {asked.route}"
    ).headers.mapping["accept"]


@pytest.mark.parametrize(
    "options", [{}, {"deadline": 5}], ids=["plain", "with options"]
)
def test_what_the_client_accepts_does_not_depend_on_other_options(
    options: CallOptions,
) -> None:
    assert accepted(options) == OWN


def test_an_endpoint_that_gives_another_type_asks_for_that() -> None:
    assert accepted({}, accept="application/zip") == "application/zip"


def test_a_call_has_the_last_word_on_what_it_accepts() -> None:
    assert accepted({"headers": {"Accept": "text/plain"}}) == "text/plain"


def test_a_request_to_another_server_has_nothing_of_the_client() -> None:
    asked = Request(
        method="PUT",
        route="the upload",
        path="",
        url="https://storage.example/a?signature=%2F",
        headers=(("x-kind", "a"),),
        content=Content(pieces=_nothing, type="text/plain", size=0, can_repeat=True),
    )

    made = PREPARATION.outgoing(asked, {}, f"{asked.method} {asked.route}")

    assert str(made.url) == "https://storage.example/a?signature=%2F"
    assert dict(made.headers.mapping) == {
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": "text/plain",
        "Content-Length": "0",
        "x-kind": "a",
    }


async def _nothing() -> AsyncGenerator[bytes]:
    yield b""
