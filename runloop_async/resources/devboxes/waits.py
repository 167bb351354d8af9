"""Waiting for devboxes to be in a state."""

from typing import Final, Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.longpoll import held
from runloop_async.calls.polling import PollingConfig
from runloop_async.errors import WaitError
from runloop_async.models.devboxes import DevboxStatus, DevboxView
from runloop_async.options import CallOptions
from runloop_async.values import excerpt

_HOLD_S: Final = 30
"""Seconds that the server holds a request for the state of a devbox at most."""
BOOTING: Final = frozenset({"scheduled", "queued", "provisioning", "initializing"})
"""States on the way to running."""


async def devbox_in(
    call: Call[DevboxView],
    wanted: DevboxStatus,
    passing: frozenset[str],
    polling: PollingConfig,
    **options: Unpack[CallOptions],
) -> DevboxView:
    """Wait until a devbox is in the state that is wanted.

    Args:
        call: Waits for one of some states.
        wanted: The state.
        passing: The states on the way there.
        polling: How long to go on.
        **options: The options of the wait.

    Raises:
        PollingTimeout: The deadline passed first.
        WaitError: It went into another state.
        APIError: A question failed for good.
    """
    devbox = await held(
        call,
        lambda devbox: devbox.status not in passing,
        polling,
        hold_s=_HOLD_S,
        what=f"the state {wanted!r} of {call.request.path}",
        **options,
    )
    return settled(devbox, wanted)


def settled(devbox: DevboxView, wanted: DevboxStatus) -> DevboxView:
    """Return a devbox if it is in the state that is wanted.

    Raises:
        WaitError: It is in another.
    """
    if devbox.status != wanted:
        why = devbox.failure_reason or devbox.shutdown_reason
        raise WaitError(
            f"the devbox {devbox.id} is {excerpt(devbox.status)}, not {wanted}"
            + (f": {excerpt(why)}" if why else ""),
            last_value=devbox,
        )
    return devbox
