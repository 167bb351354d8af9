"""Walks of the official client over the emulator, each about one method."""

from collections.abc import Awaitable, Callable
from typing import Any

from runloop_api_client import AsyncRunloop

from runloop_async.testing import Emulator
from runloop_async.testing.messages import JsonObject

Walk = Callable[[AsyncRunloop, Emulator], Awaitable[None]]

WALKS: dict[str, Walk] = {}


def walks(name: str) -> Callable[[Walk], Walk]:
    """Enter a walk under the method of the client that it is about."""

    def enter(walk: Walk) -> Walk:
        WALKS[name] = walk
        return walk

    return enter


async def ids(pages: Any) -> list[str]:
    """Return the ids on all pages, as the client goes through them."""
    return [item.id async for item in pages]


def newest_first(rows: list[JsonObject]) -> list[str]:
    return [row["id"] for row in reversed(rows)]
