"""A client and the server that it asks, for tests of faults."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from runloop_async import AsyncRunloop
from tests.rawserver import Answer, RawServer
from tests.sends import KEY

CERTIFICATES = Path(__file__).parent / "data" / "certificates"


@asynccontextmanager
async def served(
    *answers: Answer, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncGenerator[tuple[RawServer, AsyncRunloop]]:
    """Give answers to a client with some options."""
    async with (
        RawServer(*answers, tls=tls) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY, **options) as client,
    ):
        yield server, client


def certificate(name: str) -> ssl.SSLContext:
    """Return what a server needs to show a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


def trusting(name: str) -> ssl.SSLContext:
    """Return what a client needs to trust a certificate."""
    return ssl.create_default_context(cafile=str(CERTIFICATES / f"{name}.pem"))
