"""Trying the failures of a bulk again merges what comes of it."""

from functools import partial

from runloop_async import AsyncRunloop, Flow, RunloopError


class Service:
    """Fails for every third call, so many times."""

    def __init__(self, failures: int) -> None:
        self.left = dict.fromkeys(range(0, 10, 3), failures)
        self.asked = list[int]()

    async def work(self, n: int) -> int:
        self.asked.append(n)
        if self.left.get(n):
            self.left[n] -= 1
            raise RunloopError(f"number {n}")
        return n


async def test_successes_stay_and_failures_are_made_again() -> None:
    service, told = Service(failures=1), list[int | None]()
    client = AsyncRunloop(bearer_token="any")
    calls = [Flow(partial(service.work, n)) for n in range(10)]

    first = await client.bulk(
        calls, on_progress=lambda progress: told.append(progress.total)
    )
    second = await first.retry_failed()

    assert [outcome.index for outcome in second.outcomes] == [*range(10)]
    assert second.values == [*range(10)]
    assert service.asked == [*range(10), 0, 3, 6, 9]
    assert (len(first.failures), len(second.failures)) == (4, 0)
    assert second.elapsed_s >= first.elapsed_s
    assert told == [10] * 10 + [4] * 4


async def test_what_fails_again_is_kept_to_be_tried_again() -> None:
    service = Service(failures=2)
    calls = [Flow(partial(service.work, n)) for n in range(10)]

    result = await AsyncRunloop(bearer_token="any").bulk(calls)
    result = await result.retry_failed()
    assert len(result.failures) == 4
    result = await result.retry_failed()
    assert result.values == [*range(10)]
    asked = len(service.asked)
    result = await result.retry_failed()

    assert result.values == [*range(10)]
    assert len(service.asked) == asked
