"""The official client with the aiohttp transport that its README offers."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from runloop_api_client import DefaultAioHttpClient

from benchmarks.cases import Contender
from benchmarks.contenders.official import open_official
from benchmarks.worker import work


@asynccontextmanager
async def _open(url: str) -> AsyncGenerator[Contender]:
    async with open_official(url, DefaultAioHttpClient()) as contender:
        yield contender


if __name__ == "__main__":
    work(_open)
