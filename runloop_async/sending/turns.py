"""One piece of long work in each turn of the event loop, so that no timer is late."""

import asyncio
from collections import deque


class Turns:
    """Lets those that wait go on one by one, each in a turn of the loop of its own."""

    def __init__(self) -> None:
        self._waiting = deque[asyncio.Future[None]]()
        self._is_taken = False

    async def take(self) -> None:
        """Wait until nobody else has this turn."""
        loop = asyncio.get_running_loop()
        if self._is_taken:
            turn = loop.create_future()
            self._waiting.append(turn)
            await turn
        else:
            self._is_taken = True
            loop.call_soon(self._pass_on)

    def _pass_on(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else it was cancelled
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._pass_on)
                return
        self._is_taken = False
