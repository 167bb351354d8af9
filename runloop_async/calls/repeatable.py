"""Work as a value that can be awaited, any number of times."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

import attrs

from runloop_async.annotations import override

T = TypeVar("T")


@attrs.frozen(eq=False)
class Repeatable(Coroutine[Any, Any, T]):
    """Something to await, any number of times; each time it is done anew.

    It is a coroutine to everything in asyncio that takes one: `gather`, `create_task`,
    `TaskGroup`, `wait_for`, `shield`, `as_completed`. As with any coroutine, `gather`
    takes the very same object given twice for one and does it once.
    """

    _driven: dict[object, Coroutine[Any, Any, T]] = attrs.field(
        factory=dict["object", "Coroutine[Any, Any, T]"], init=False, repr=False
    )
    """For each task that drives this as a coroutine, the coroutine that does the work:
    so one value may be handed to several tasks, and each does the work."""

    @abstractmethod
    def start(self) -> Coroutine[Any, Any, T]:
        """Return a new coroutine that does the work once."""

    @override
    def __await__(self) -> Generator[Any, Any, T]:
        return self.start().__await__()

    @override
    def send(self, value: Any, /) -> Any:
        """Go on as a coroutine; the first time in a task starts the work."""
        task = _task()
        work = self._driven.get(task)
        if work is None:
            work = self._driven[task] = self.start()
        try:
            return work.send(value)
        except BaseException:  # StopIteration, which brings the result, included
            del self._driven[task]
            raise

    @override
    def throw(self, *error: Any) -> Any:
        """Go on as a coroutine with an error, such as a cancellation."""
        task = _task()
        work = self._driven.get(task)
        if work is None:
            work = self._driven[task] = self.start()
        try:
            return work.throw(*error)
        except BaseException:
            del self._driven[task]
            raise

    @override
    def close(self) -> None:
        """Give up all work that tasks have begun here."""
        while self._driven:
            self._driven.popitem()[1].close()


def _task() -> object:
    try:
        return asyncio.current_task()
    except RuntimeError:  # driven by hand, outside of an event loop
        return None


@attrs.frozen(eq=False)
class Flow(Repeatable[T]):
    """Several calls in a row, such as starting something and waiting for its end."""

    _work: Callable[[], Coroutine[Any, Any, T]]

    @override
    def start(self) -> Coroutine[Any, Any, T]:
        """Return a new coroutine that makes the calls."""
        return self._work()
