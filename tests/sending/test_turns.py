"""Long work is done piece by piece, one in each turn of the event loop."""

import asyncio

import pytest

from runloop_async.sending.turns import Turns


async def test_each_has_a_turn_of_its_own() -> None:
    turns, log = Turns(), list[str]()

    async def work(name: str) -> None:
        await turns.take()
        log.append(name)

    async def beside() -> None:
        for _ in range(6):
            await asyncio.sleep(0)
            log.append("-")

    await asyncio.gather(work("a"), work("b"), work("c"), beside())

    story = "".join(log)
    assert "".join(each for each in story if each != "-") == "abc"
    assert "ab" not in story
    assert "bc" not in story


async def test_who_gives_up_takes_no_turn() -> None:
    turns, log = Turns(), list[str]()

    async def work(name: str) -> None:
        await turns.take()
        log.append(name)

    tasks = [asyncio.create_task(work(name)) for name in "abc"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    await asyncio.gather(tasks[0], tasks[2])
    for _ in range(3):
        await asyncio.sleep(0)
    await work("d")

    assert log == ["a", "c", "d"]
