"""The loop by hand over pyreqwest, a client written in Rust, with orjson to dicts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from benchmarks.cases import Contender
from benchmarks.contenders.by_hand import ByHand
from benchmarks.worker import work


@asynccontextmanager
async def _open(url: str) -> AsyncGenerator[Contender]:
    headers = {"Authorization": "Bearer benchmark"}
    builder = ClientBuilder().default_headers(headers).error_for_status(True).no_proxy()
    builder = builder.http1_only()
    # It takes no certificate that signs itself, as the server's does.
    builder = builder.danger_accept_invalid_certs(url.startswith("https:"))
    async with builder.build() as client:

        async def get(path: str, query: dict[str, str]) -> Any:
            request = client.get(url + path)
            response = await (request.query(query) if query else request).build().send()
            return orjson.loads(memoryview(await response.bytes()))

        yield ByHand(get, PyreqwestError)


if __name__ == "__main__":
    work(_open)
