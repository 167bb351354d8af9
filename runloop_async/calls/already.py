"""Writes that set a state, such as deletions, when their answer is lost.

They are sent again. If the first attempt succeeded, the service may refuse the second
one, because there is nothing left to delete or the object is already complete. Such a
refusal means success, and is not raised.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar, cast

import attrs

from runloop_async.annotations import override
from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Deadline
from runloop_async.errors import (
    APIError,
    APIStatusError,
    BadRequestError,
    ConflictError,
    NotFoundError,
)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_REFUSALS: Final = (BadRequestError, ConflictError, NotFoundError)
"""What the service answers if something already is in the wanted state."""


@attrs.frozen(kw_only=True)
class Already(Generic[T_co]):
    """How to find out that an earlier attempt was carried out."""

    look: Callable[[], Call[Any]] | None = None
    """Makes a call for what was written to; None if the refusal says it all."""
    is_so: Callable[[Any], bool] = bool
    """Tells whether it is in the wanted state."""
    result: Callable[[Any], T_co]
    """Returns the result of the write."""
    deletes: bool = False
    """Whether the write deletes, so that 404 means success."""


def _nothing(_: object) -> None:
    """Return None."""


GONE: Final[Already[None]] = Already(deletes=True, result=_nothing)
"""Of deletions: what cannot be found is deleted."""


def gone(look: Callable[[], Call[Any]], *states: str) -> Already[None]:
    """Of deletions after which the state can still be asked for."""
    return Already(look=look, is_so=_in(states), deletes=True, result=_nothing)


def moved(look: Callable[[], Call[T]], *states: str) -> Already[T]:
    """Of what is brought into one of some states."""
    return Already(look=look, is_so=_in(states), result=lambda found: found)


def _in(states: tuple[str, ...]) -> Callable[[Any], bool]:
    def is_so(found: Any) -> bool:
        state = found.state if hasattr(found, "state") else found.status
        return state in states

    return is_so


@attrs.define(eq=False, repr=False)
class Write(Call[T_co]):
    """A write that sets a state: `await` sends it, again if its answer is lost."""

    already: Already[T_co] = attrs.field(kw_only=True)
    """How to find out that an earlier attempt was carried out."""

    @override
    def start(self) -> Coroutine[Any, Any, T_co]:
        """Return a new coroutine that sends the request."""
        self._begun()
        return self._sent()

    async def _sent(self) -> T_co:
        runner = self.runner
        delay_s = self.options.get("deadline", runner.deadline)
        deadline = Deadline(runner.clock, delay_s)
        call: Any = self  # pyright would bind `read`, which is a field
        try:
            return cast("T_co", await runner.run(call))
        except _REFUSALS as error:
            if not error.is_repetition:
                raise
            refusal = error
        return await self._done(refusal, deadline)

    async def _done(self, refusal: APIStatusError, deadline: Deadline) -> T_co:
        """Return the result of an earlier attempt.

        Raises:
            APIStatusError: It was not carried out, or that cannot be found out.
        """
        already, found = self.already, None
        is_gone = isinstance(refusal, NotFoundError)
        if already.look is not None and not is_gone:
            options = self.options.copy()
            options.pop("idempotency_key", None)
            try:
                found = await deadline.on(already.look().with_options(**options))
            except NotFoundError:
                is_gone = True
            except APIError as error:
                raise refusal from error
        if already.deletes if is_gone else found is not None and already.is_so(found):
            return already.result(found)
        raise refusal
