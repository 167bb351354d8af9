"""Letting the event loop turn, without waiting for the clock on the wall."""

import asyncio


async def settle() -> None:
    """Let everything run that is ready, and what that makes ready."""
    for _ in range(100):
        await asyncio.sleep(0)
