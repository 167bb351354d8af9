"""The official client over HTTP/2, as it speaks to the real service."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from runloop_api_client import DefaultAsyncHttpxClient

from benchmarks.cases import Contender
from benchmarks.contenders.official import open_official
from benchmarks.worker import work


@asynccontextmanager
async def _open(url: str) -> AsyncGenerator[Contender]:
    # In clear text there is nothing to negotiate, so HTTP/2 has to be the only one.
    client = DefaultAsyncHttpxClient(http2=True, http1="SSL_CERT_FILE" in os.environ)
    async with open_official(url, client) as contender:
        yield contender


if __name__ == "__main__":
    work(_open)
