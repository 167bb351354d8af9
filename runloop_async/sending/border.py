"""The one border between the network and the rest: a step that may break.

    with pool.step(attempt, timeout_s) as step:
        return await something(attempt)
    raise step.failure()

Inside, aiohttp and the system raise what they like. An exception ends the block, is
turned into one of this library's, and is raised behind it, where it has no context
whose frames hold the request (see `hiding`). The step has a timeout, and ends at once
when the client is closed.
"""

from types import TracebackType
from typing import Self, TypeGuard

import msgspec

from runloop_async.errors import APIError, ClientClosedError
from runloop_async.sending.alarms import Alarm, Alarms
from runloop_async.sending.attempt import Attempt
from runloop_async.sending.hiding import mask, secrets_in, without_foreign_frames
from runloop_async.sending.transport.failures import FAILURES, timed_out, translated


class Border:
    """What the steps of a pool have in common."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self.is_closed = False
        """Whether the client was closed, so that this is why a step ends."""

    def close(self) -> None:
        """End the steps that are going on, and each that follows."""
        self.is_closed = True
        self._alarms.ring_all()


class Step(msgspec.Struct, eq=False):
    """One step of an attempt; see the module."""

    border: Border
    attempt: Attempt
    alarm: Alarm
    handled: BaseException | None
    """What the caller is handling meanwhile."""
    kept: BaseException | None = None

    def failure(self) -> BaseException:
        """Return the exception to raise behind the block, and forget it.

        Its traceback refers to the frame that refers to this step. If the step kept it,
        the connection would stay open until the garbage collector runs.
        """
        failure, self.kept = self.kept, None
        return failure or RuntimeError("the step has not failed")

    def left_s(self) -> float:
        """Return the seconds that are left of the timeout."""
        return self.alarm.left_s()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        alarm = self.alarm
        if error is None:
            alarm.bell.alarms.pop(alarm, None)
            return False
        failure = self._meaning(error, interrupted=alarm.stop())
        if isinstance(failure, APIError):
            mask(failure, secrets_in(self.attempt.out.headers.mapping))
        self.attempt.telemetry.broke(self.attempt, failure)
        self.kept = failure
        self.attempt.caller_error = None
        return True

    def _meaning(self, error: BaseException, *, interrupted: bool) -> BaseException:
        """Return what to raise for an error.

        Args:
            error: What came out of the block.
            interrupted: Whether the alarm has ended the block.
        """
        attempt = self.attempt
        if isinstance(error, APIError):
            return error
        is_failure = isinstance(error, Exception)
        if self.border.is_closed and (interrupted or is_failure):
            return closed_meanwhile()
        if interrupted:
            return timed_out(attempt)
        if attempt.caller_error is not None:
            return attempt.caller_error
        if isinstance(error, FAILURES) or is_about_connecting(error, attempt):
            return translated(error, attempt)
        return without_foreign_frames(error, self.handled)


def is_about_connecting(error: BaseException, attempt: Attempt) -> TypeGuard[Exception]:
    """Tell whether an error of any type came of connecting.

    Event loops and resolvers raise what they like where a name has no address, or none
    that can be encoded.
    """
    kinds = (ValueError, RuntimeError)  # of which UnicodeError is one
    is_connecting = attempt.phase == "connect" and attempt.was_sent is False
    return is_connecting and isinstance(error, kinds)


def closed_meanwhile() -> ClientClosedError:
    """Return the error for a call during which the client was closed."""
    return ClientClosedError("the client was closed while the call was in progress")
