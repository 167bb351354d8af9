"""Work as a value that can be awaited, any number of times."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Generator
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import attrs

from runloop_async.annotations import listed, override
from runloop_async.options import CallOptions, merged

T_co = TypeVar("T_co", covariant=True)
_Work = Coroutine[Any, Any, Any]


@attrs.define(eq=False)
class Repeatable(Coroutine[Any, Any, T_co]):
    """An awaitable that runs again on each await.

    It is a coroutine to everything in asyncio that takes one: `gather`, `create_task`,
    `TaskGroup`, `wait_for`, `shield`, `as_completed`. As with any coroutine, `gather`
    takes the very same object given twice for one and runs it once.

    Treat it as a value. It is not frozen, since attrs makes what is frozen three times
    as slowly.
    """

    # One value may be handed to several tasks, and each does the work. Three fields, as
    # a tuple for each call burdens the garbage collector.
    _driver: object = attrs.field(default=None, init=False, repr=False)
    """The task that drives this as a coroutine."""
    _driven: _Work | None = attrs.field(default=None, init=False, repr=False)
    """What does its work."""
    _others: dict[object, _Work] | None = attrs.field(
        default=None, init=False, repr=False
    )
    """What does the work of other tasks that drive it meanwhile."""

    @abstractmethod
    def start(self) -> Coroutine[Any, Any, T_co]:
        """Return a new coroutine that does the work once."""

    @abstractmethod
    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return this with other options than the client's."""

    def __copy__(self) -> Self:
        """Return one that has not begun: what is under way is not shared."""
        return attrs.evolve(self)

    @override
    def __await__(self) -> Generator[Any, Any, T_co]:
        return self.start().__await__()

    @override
    def send(self, value: Any, /) -> Any:
        """Go on as a coroutine; the first time in a task starts the work."""
        try:
            task: object = asyncio.current_task()
        except RuntimeError:  # driven by hand, outside of an event loop
            task = None
        work = self._driven
        if work is None or self._driver is not task:
            work = self._work_of(task)
        try:
            return work.send(value)
        except BaseException:  # StopIteration, which brings the result, included
            self._forget(task)
            raise

    @override
    def throw(self, *error: Any) -> Any:
        """Go on as a coroutine with an error, such as a cancellation."""
        task = _task()
        try:
            return self._work_of(task).throw(*error)
        except BaseException:
            self._forget(task)
            raise

    @override
    def close(self) -> None:
        """Give up the work that the current task has begun here, and no other's."""
        work = self._forget(_task())
        if work is not None:
            work.close()

    def _work_of(self, task: object) -> Coroutine[Any, Any, T_co]:
        if self._driven is None:
            self._driver, self._driven = task, self.start()
        if self._driver is task:
            return self._driven
        if self._others is None:
            self._others = {}
        if task not in self._others:
            self._others[task] = self.start()
        return self._others[task]

    def _forget(self, task: object) -> Coroutine[Any, Any, T_co] | None:
        """Forget the work of a task, and return it."""
        others = self._others
        if self._driven is not None and self._driver is task:
            work, self._driver, self._driven = self._driven, None, None
            if others:
                self._driver, self._driven = others.popitem()
            return work
        return others.pop(task, None) if others else None

    # asyncio reads these for the repr and the stack of a task. It does not say which
    # task it asks for, so the work that was begun last answers.

    @property
    @abstractmethod
    def __name__(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What to call the work."""

    @property
    def cr_code(self) -> CodeType | None:
        """The code of the work under way."""
        return getattr(self._latest(), "cr_code", None)

    @property
    def cr_frame(self) -> FrameType | None:
        """The frame of the work under way."""
        return getattr(self._latest(), "cr_frame", None)

    @property
    def cr_running(self) -> bool:
        """Whether the work is running at this moment."""
        return getattr(self._latest(), "cr_running", False)

    @property
    def cr_suspended(self) -> bool:
        """Whether the work is under way, and waits."""
        return getattr(self._latest(), "cr_suspended", False)

    @property
    def cr_await(self) -> object:
        """What the work under way waits for."""
        return getattr(self._latest(), "cr_await", None)

    def _latest(self) -> object:
        return next(reversed((self._others or {}).values()), self._driven)

    if not TYPE_CHECKING:  # pragma: no branch

        def __getattr__(self, name: str) -> Any:
            """Say that an attribute of the result needs an await first."""
            kind = self.__class__.__qualname__
            hint = "" if name.startswith("_") else f": write (await ...).{name}"
            raise AttributeError(f"{kind!r} object has no attribute {name!r}{hint}")


def _task() -> object:
    try:
        return asyncio.current_task()
    except RuntimeError:  # driven by hand, outside of an event loop
        return None


@attrs.define(eq=False, repr=False)
class Flow(Repeatable[T_co]):
    """Several calls in a row, such as starting something and waiting for its end.

    `Flow(partial(function, argument))` makes one of a coroutine function of yours; the
    options given with `with_options` are passed to it as keyword arguments.
    """

    _work: Callable[..., Coroutine[Any, Any, T_co]]
    name: str = attrs.field(default="work", kw_only=True)
    """What it does, for messages."""
    options: CallOptions = attrs.field(factory=CallOptions, kw_only=True)
    """Options of its calls, in place of the client's."""
    first: Repeatable[Any] | None = attrs.field(default=None, kw_only=True)
    """The call that it begins with, if that was made already."""

    @override
    def start(self) -> Coroutine[Any, Any, T_co]:
        """Return a new coroutine that makes the calls."""
        return self._work(**self.options)

    @override
    def close(self) -> None:
        """Give up what the current task has begun, or the intention to begin it."""
        if self.first is not None:
            self.first.close()
        super().close()

    @override
    @listed
    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return this flow with other options for its calls than the client's.

        `timeout` and `max_retries` apply to each call, `deadline` to all of the flow,
        `idempotency_key` to its first write.

        Raises:
            ConfigurationError: An option is unusable.
        """
        return attrs.evolve(self, options=merged(self.options, options))

    @property
    @override
    def __name__(self) -> str:
        return self.name

    @override
    def __repr__(self) -> str:
        return f"<Flow {self.name}>"
