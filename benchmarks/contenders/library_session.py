"""This library over a session of the caller's."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp

from benchmarks.cases import Contender
from benchmarks.contenders.library import open_library
from benchmarks.worker import work


@asynccontextmanager
async def _open(url: str) -> AsyncGenerator[Contender]:
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        open_library(url, session) as contender,
    ):
        yield contender


if __name__ == "__main__":
    work(_open)
